package dev.tilewright.plan;

import dev.tilewright.conv.ConvProblem;
import dev.tilewright.conv.ConvShape;
import dev.tilewright.conv.Epilogue;
import dev.tilewright.database.TuningRecord;
import dev.tilewright.database.TuningTable;
import dev.tilewright.graph.Graph;
import dev.tilewright.graph.Node;
import dev.tilewright.graph.Op;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.plan.Bands.Band;
import dev.tilewright.plan.Selection.Candidate;
import dev.tilewright.plan.Selection.Chosen;
import dev.tilewright.tensor.Tensor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Decides which {@link ConvChain}s are computed band by band, and how high the bands are: where the
 * estimate says that keeping the intermediates in a core's cache saves more than the bands cost.
 * Each member keeps the algorithm that it would have on its own.
 */
final class Fusion {
  /**
   * The share of the time layer by layer that a fused chain may promise at most. Chains that
   * promise 0.98 and 0.99 took 1.01.
   */
  private static final double WORTH_FUSING = 0.97;

  /** How many times as much a shorter chain must save. */
  private static final double WORTH_A_SHORTER = 1.2;

  /** Bytes of a core's outer cache that rows, band, weights and what streams by may fill. */
  private static final long BAND_BYTES = 768 << 10;

  /** Entering a kernel, and what it prepares for each run. */
  private static final double NANOS_PER_CALL = 400;

  /** Of the rows kept from band to band, in L2. */
  private static final double KEPT_BYTES_PER_NANO = 25;

  /** One convolution of a chain: the algorithm it has, and its share of the estimate. */
  private record Member(Node node, ConvShape shape, Epilogue epilogue, Candidate whole) {
    Candidate part(ConvShape band) {
      return whole.of(new ConvProblem(band, epilogue, 1));
    }
  }

  /**
   * On the threads that would share the work.
   *
   * @param nanos band by band
   * @param apart layer by layer
   * @param beyond the part of that for intermediates that do not stay in the cache
   * @param heights estimates with other bands, by rows
   * @param threads that share the chain
   * @param measured the measurement for which it is fused, in words, or null
   */
  private record Estimate(
      ConvChain chain,
      List<Member> members,
      Bands bands,
      double nanos,
      double apart,
      double beyond,
      Map<Integer, Double> heights,
      int threads,
      @Nullable String measured) {
    double saving() {
      return apart - nanos;
    }
  }

  private final Graph original;
  private final Graph graph;
  private final Selection selection;
  private final Fusing mode;
  private final Map<Node, Estimate> fused = new LinkedHashMap<>();
  private final Map<Node, String> refused = new HashMap<>();
  private final Map<Node, Member> members = new HashMap<>();
  private final Map<List<ConvChain>, Way> ways = new LinkedHashMap<>();

  Fusion(Graph graph, Selection selection, Fusing mode) {
    this.original = graph;
    this.selection = selection;
    this.mode = mode;
    if (mode.allowed()) {
      decide();
    }
    this.graph = joined();
  }

  /** The graph with every fused chain as one node. */
  Graph graph() {
    return graph;
  }

  /** What computes a node of {@link #graph}. */
  Chosen choose(Node node) {
    Estimate estimate = fused.get(node);
    if (estimate != null) {
      return chosen(estimate);
    }
    Chosen alone = selection.choose(node, graph);
    String reason = refused.get(node);
    return reason == null ? alone : alone.unlike("fused", reason);
  }

  private void decide() {
    Set<Node> taken = new HashSet<>();
    for (List<ConvChain> alternatives : ConvChain.of(original)) {
      if (!mode.estimated() || !asMeasured(alternatives, taken)) {
        asEstimated(alternatives, taken);
      }
    }
  }

  /** Does what a measurement says, if there is one that can be followed. */
  private boolean asMeasured(List<ConvChain> alternatives, Set<Node> taken) {
    TuningTable.Found found = selection.tuned().chain(Way.key(alternatives), selection.threads());
    if (found == null || !Way.names(found.record().algorithm())) {
      return false;
    }
    TuningRecord record = found.record();
    Way way = new Way(record.algorithm(), record.tile(), record.threads());
    String words = Tuned.words(found);
    if (!way.isFused()) {
      ways.put(alternatives, Way.layers(selection.threads()));
      refused.put(alternatives.getFirst().depthwise(), "layer by layer is faster, " + words);
      return true;
    }
    if (way.chain() < 0 || way.chain() >= alternatives.size() || way.rows() < 1) {
      return false;
    }
    ConvChain chain = alternatives.get(way.chain());
    if (chain.nodes().stream().anyMatch(taken::contains)) {
      return false;
    }
    int threads = Math.clamp(way.threads(), 1, selection.threads());
    Estimate estimate = estimate(chain, way.rows(), threads, words);
    if (estimate == null) {
      return false;
    }
    fuse(alternatives, estimate, taken);
    return true;
  }

  private void asEstimated(List<ConvChain> alternatives, Set<Node> taken) {
    Estimate best = null;
    for (ConvChain chain : alternatives) {
      if (chain.nodes().stream().noneMatch(taken::contains)) {
        Estimate estimate = estimate(chain, mode.rows(), 0, null);
        if (estimate != null && (best == null || isBetter(estimate, best))) {
          best = estimate;
        }
      }
    }
    if (best != null && (!mode.estimated() || best.nanos <= WORTH_FUSING * best.apart)) {
      fuse(alternatives, best, taken);
    } else if (best != null) {
      ways.put(alternatives, Way.layers(selection.threads()));
      refused.put(best.chain.depthwise(), "in " + text(best) + ", apart " + apart(best));
    }
  }

  private void fuse(List<ConvChain> alternatives, Estimate estimate, Set<Node> taken) {
    taken.addAll(estimate.chain.nodes());
    fused.put(estimate.chain.joined(), estimate);
    int chain = alternatives.indexOf(estimate.chain);
    ways.put(alternatives, Way.bands(chain, estimate.bands.rows(), estimate.threads));
  }

  /**
   * What a tuner may try for each chain, the way of this plan first. Blocks that repeat are one
   * site with the steps of all; so are those that differ in the bounds of their clips.
   */
  List<Tunable.Site> tunable() {
    Map<List<Tunable.Kind>, Tunable.Site> sites = new LinkedHashMap<>();
    ways.forEach((alternatives, now) -> {
      Set<Way> some = new LinkedHashSet<>(List.of(now));
      some.add(Way.layers(selection.threads()));
      Set<String> steps = new HashSet<>();
      for (int i = 0; i < alternatives.size(); i++) {
        ConvChain chain = alternatives.get(i);
        steps.add(chain.joined().name());
        chain.nodes().forEach(node -> steps.add(node.name()));
        Estimate best = estimate(chain, 0, 0, null);
        if (best != null) {
          some.addAll(around(i, best));
        }
      }
      List<Tunable.Kind> kind =
          alternatives.getFirst().nodes().stream().map(Tunable.Kind::of).toList();
      Tunable.Site site =
          new Tunable.Site(List.of(Way.key(alternatives)), steps, List.copyOf(some));
      sites.merge(kind, site, Tunable.Site::with);
    });
    return List.copyOf(sites.values());
  }

  /** The promising height, of the longest chain also half and twice as much and fewer threads. */
  private List<Way> around(int index, Estimate best) {
    int rows = best.bands.rows();
    List<Way> some = new ArrayList<>(List.of(Way.bands(index, rows, best.threads)));
    if (index == 0) {
      for (double wanted : new double[] {rows / 2.0, rows * 2.0}) {
        best.heights.keySet().stream()
            .min(Comparator.comparingDouble(h -> Math.abs(Math.log(h / wanted))))
            .ifPresent(h -> some.add(Way.bands(index, h, best.threads)));
      }
      for (int threads : new int[] {1, selection.threads()}) {
        some.add(Way.bands(index, rows, threads));
      }
    }
    return some;
  }

  /** Of about equal ones the longest, which comes first, stays: it keeps less in memory. */
  private static boolean isBetter(Estimate shorter, Estimate best) {
    return shorter.saving() > best.saving() && shorter.saving() > WORTH_A_SHORTER * best.saving();
  }

  private Graph joined() {
    StandIns standIns = new StandIns();
    fused.forEach((node, e) -> standIns.add(node, e.chain.last(), e.chain.nodes()));
    return standIns.in(original);
  }

  private Member member(Node node) {
    return members.computeIfAbsent(
        node,
        n -> {
          Epilogue epilogue = ((Op.Conv) n.op()).epilogue();
          ConvShape shape = ConvChain.shape(n);
          ConvProblem problem = new ConvProblem(shape, epilogue, 1);
          return new Member(
              n, shape, epilogue, selection.best(problem, null, new LinkedHashMap<>()));
        });
  }

  /**
   * The best bands, or null if even one row fills the cache.
   *
   * @param fixed rows, or 0 for as many as promise to be fastest
   * @param shared threads, or 0 for as many as the work is worth
   * @param measured why these, or null
   */
  private @Nullable Estimate estimate(
      ConvChain chain, int fixed, int shared, @Nullable String measured) {
    List<Member> of = chain.nodes().stream().map(this::member).toList();
    double beyond = 0;
    double apart = 0;
    for (Member member : of) {
      double nanos = member.whole.nanos();
      double spilt =
          member.node.equals(chain.last())
              ? 0
              : CostModel.beyondCache(member.node.output().type().bytes());
      int threads = member.whole.problem().threads();
      apart += (nanos + spilt) / threads;
      beyond += spilt / threads;
    }
    ConvShape depthwise = ConvChain.shape(chain.depthwise());
    int height = depthwise.out().height();
    int parts = shared == 0 ? threads(of) : shared;
    Estimate best = null;
    Map<Integer, Double> heights = new LinkedHashMap<>();
    for (int rows : heights(height, fixed)) {
      Bands bands = Bands.of(depthwise, rows, parts);
      if (fixed == 0 && workingSet(chain, of, bands) > BAND_BYTES) {
        continue;
      }
      double nanos = nanos(chain, of, bands);
      heights.put(rows, nanos);
      if (best == null || nanos < best.nanos) {
        best = new Estimate(chain, of, bands, nanos, apart, beyond, heights, parts, measured);
      }
    }
    return best;
  }

  /** That share the chain as one step. */
  private int threads(List<Member> members) {
    double work = members.stream().mapToDouble(m -> m.whole.nanos()).sum();
    return CostModel.threads(work, selection.threads());
  }

  /** Rows of bands of about equal height. */
  private static Set<Integer> heights(int height, int fixed) {
    Set<Integer> heights = new LinkedHashSet<>();
    if (fixed > 0) {
      heights.add(Math.min(fixed, height));
      return heights;
    }
    for (int rows = 1; rows <= height; rows++) {
      heights.add(Math.ceilDiv(height, Math.ceilDiv(height, rows)));
    }
    return heights;
  }

  /** Bytes that pass through the cache while a band is computed. */
  private static long workingSet(ConvChain chain, List<Member> members, Bands bands) {
    long floats = 0;
    for (Member m : members) {
      floats += m.node.input(1).shape().elements();
    }
    ConvShape d = bands.shape();
    long in = (long) bands.mostSeen() * d.in().width();
    long out = (long) bands.rows() * d.out().width();
    floats += (in + out) * d.inChannels();
    floats += chain.before() == null ? 0 : in * members.getFirst().shape.inChannels();
    floats += chain.after() == null ? 0 : out * members.getLast().shape.outChannels();
    return 4 * floats;
  }

  /** Of the longest part: there is one a thread. */
  private static double nanos(ConvChain chain, List<Member> members, Bands bands) {
    Map<ConvShape, Double> known = new HashMap<>();
    return bands.parts().stream()
        .mapToDouble(part -> nanos(chain, members, bands, part, known))
        .max()
        .orElse(0);
  }

  private static double nanos(
      ConvChain chain,
      List<Member> members,
      Bands bands,
      List<Band> of,
      Map<ConvShape, Double> known) {
    ConvShape d = bands.shape();
    long rowBytes = 4L * d.in().width() * d.inChannels();
    double sum = 0;
    for (Band band : of) {
      for (Member member : members) {
        ConvShape part = part(chain, member, bands, band);
        if (part != null) {
          sum += NANOS_PER_CALL;
          sum += known.computeIfAbsent(part, p -> member.part(p).nanos());
        }
      }
      sum += chain.before() == null ? 0 : band.kept() * rowBytes / KEPT_BYTES_PER_NANO;
    }
    return sum;
  }

  /** What a member computes for a band, or null if that is nothing. */
  private static @Nullable ConvShape part(ConvChain chain, Member member, Bands bands, Band band) {
    if (member.node.equals(chain.depthwise())) {
      return bands.depthwise(band);
    }
    int rows = member.node.equals(chain.before()) ? band.computed() : band.rows();
    return rows == 0 ? null : Bands.pointwise(member.shape, rows);
  }

  private Chosen chosen(Estimate e) {
    int threads = e.threads;
    ConvChain chain = e.chain;
    Map<Node, Recipe.Member> parts = new HashMap<>();
    e.members.forEach(member -> parts.put(member.node, recipe(e, member)));
    Recipe recipe =
        new Recipe.Chain(
            chain.before() == null ? null : parts.get(chain.before()),
            Objects.requireNonNull(parts.get(chain.depthwise())),
            chain.after() == null ? null : parts.get(chain.after()),
            e.bands.rows(),
            e.bands.parts().size(),
            threads);
    Map<String, String> others = new LinkedHashMap<>();
    others.put("layer by layer", apart(e));
    e.heights.forEach((rows, nanos) -> {
      if (rows != e.bands.rows()) {
        others.put("bands of " + rows, Selection.micros(nanos));
      }
    });
    String algorithm = joined(e, "+", m -> m.whole.algorithm().id());
    Plan.Choice choice =
        new Plan.Choice(
            algorithm,
            "rows=" + e.bands.rows() + " " + joined(e, "+", m -> m.whole.tile().toString()),
            selection.origin(
                algorithm,
                e.measured != null || e.members.stream().anyMatch(m -> m.whole.measured() != null)),
            (e.measured == null ? "fused: " : "fused: " + e.measured + "; estimated ")
                + "in "
                + text(e)
                + ", apart "
                + apart(e),
            e.nanos,
            new Plan.Rival("layer by layer", "", e.apart),
            others);
    String key = joined(e, " > ", m -> new ConvProblem(m.shape, m.epilogue, threads).key());
    long macs = e.members.stream().mapToLong(m -> Graph.macs(m.node)).sum();
    Kernel kernel = recipe.make(selection.ingredients());
    return new Chosen(key, choice, recipe, kernel, threads, macs, bytes(chain));
  }

  /** Of a member for all shapes that its bands have. */
  private Recipe.Member recipe(Estimate e, Member member) {
    Tensor filter = Objects.requireNonNull(original.constants().get(member.node.input(1)));
    boolean bias = member.epilogue.bias();
    Tensor known = bias ? original.constants().get(member.node.input(2)) : null;
    Map<ConvShape, Recipe.Conv> shapes = new LinkedHashMap<>();
    for (Band band : e.bands.all()) {
      ConvShape part = part(e.chain, member, e.bands, band);
      if (part != null) {
        shapes.computeIfAbsent(part, p -> member.part(p).recipe(filter, known));
      }
    }
    return new Recipe.Member(member.shape, List.copyOf(shapes.values()));
  }

  /** All but the intermediates. */
  private static long bytes(ConvChain chain) {
    long bytes = chain.last().output().type().bytes();
    for (Node node : chain.nodes()) {
      long src = node.equals(chain.first()) ? 0 : node.input(0).type().bytes();
      bytes += node.inputs().stream().mapToLong(v -> v.type().bytes()).sum() - src;
    }
    return bytes;
  }

  private static String joined(Estimate e, String by, Function<Member, String> text) {
    return e.members.stream().map(text).collect(Collectors.joining(by));
  }

  private static String text(Estimate e) {
    return String.format(
        Locale.ROOT, "bands of %d rows %s", e.bands.rows(), Selection.micros(e.nanos));
  }

  private static String apart(Estimate e) {
    return String.format(
        Locale.ROOT,
        "%s, %s of it beyond the cache",
        Selection.micros(e.apart),
        Selection.micros(e.beyond));
  }
}
