package dev.tilewright.plan;

import dev.tilewright.backend.Backend;
import dev.tilewright.conv.Activation;
import dev.tilewright.conv.ConvAlgorithm;
import dev.tilewright.conv.ConvProblem;
import dev.tilewright.conv.ConvShape;
import dev.tilewright.conv.Epilogue;
import dev.tilewright.conv.Tile;
import dev.tilewright.database.TuningRecord;
import dev.tilewright.graph.Graph;
import dev.tilewright.graph.Node;
import dev.tilewright.graph.Op;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a tuner may choose for a graph, and what the cost model thinks of it. */
public final class Tunable {
  private static final String REFERENCE = "reference";

  /**
   * Convolutions whose weights are known and that take the same time: they differ at most in the
   * parameters of their activation, such as the bounds of a clip.
   *
   * @param problems on one thread, distinct
   * @param nodes names of the layers that have one of them
   */
  public record Layer(List<ConvProblem> problems, List<String> nodes) {
    public Layer {
      problems = List.copyOf(problems);
      nodes = List.copyOf(nodes);
    }

    public int count() {
      return nodes.size();
    }

    /** The one that is measured for all. */
    public ConvProblem problem() {
      return problems.getFirst();
    }
  }

  /** What the time of a convolution depends on. */
  record Kind(
      ConvShape shape, boolean bias, boolean residual, Class<? extends Activation> activation) {
    static Kind of(Node node) {
      Epilogue epilogue = ((Op.Conv) node.op()).epilogue();
      return new Kind(
          ConvChain.shape(node),
          epilogue.bias(),
          epilogue.residual(),
          epilogue.activation().getClass());
    }
  }

  /**
   * A kernel for a problem.
   *
   * @param nanos estimated, on one thread
   * @param threads of the session that a plan would use
   */
  public record Guess(ConvAlgorithm algorithm, Tile tile, double nanos, int threads) {}

  private Tunable() {}

  /** The convolutions of a graph, in order of appearance. */
  public static List<Layer> layers(Graph graph) {
    Map<Kind, Set<ConvProblem>> kinds = new LinkedHashMap<>();
    Map<Kind, List<String>> nodes = new HashMap<>();
    for (Node node : graph.nodes()) {
      if (ConvChain.isKnown(node, graph) && node.op() instanceof Op.Conv conv) {
        ConvProblem problem = new ConvProblem(ConvChain.shape(node), conv.epilogue(), 1);
        Kind kind = Kind.of(node);
        kinds.computeIfAbsent(kind, k -> new LinkedHashSet<>()).add(problem);
        nodes.computeIfAbsent(kind, k -> new ArrayList<>()).add(node.name());
      }
    }
    return kinds.entrySet().stream()
        .map(e -> new Layer(List.copyOf(e.getValue()), nodes.getOrDefault(e.getKey(), List.of())))
        .toList();
  }

  /**
   * All that applies to a problem and is not in quarantine, what promises to be fastest first. The
   * reference is among them only if there is nothing else, or it was asked for.
   */
  public static List<Guess> guesses(Planner.Means means, ConvProblem one) {
    List<Guess> fast = new ArrayList<>();
    List<Guess> slow = new ArrayList<>();
    for (Backend backend : means.backends()) {
      boolean last = backend.name().equals(REFERENCE) && !means.choice().equals(REFERENCE);
      for (ConvAlgorithm algorithm : backend.convolutions()) {
        (last ? slow : fast).addAll(guesses(means, algorithm, one));
      }
    }
    List<Guess> all = fast.isEmpty() ? slow : fast;
    all.sort(Comparator.comparingDouble(Guess::nanos));
    return all;
  }

  private static List<Guess> guesses(
      Planner.Means means, ConvAlgorithm algorithm, ConvProblem one) {
    if (!algorithm.check(one).isYes()) {
      return List.of();
    }
    Correction correction = Correction.of(means.tuning());
    return algorithm.tiles(one).stream()
        .filter(tile -> !means.tuning().isQuarantined(one.work(), algorithm.id(), tile))
        .map(tile -> {
          double nanos = Estimates.nanos(algorithm, one, tile, correction);
          return new Guess(algorithm, tile, nanos, CostModel.threads(nanos, means.threads()));
        })
        .toList();
  }

  /**
   * A part of a model that may be computed in several ways, all with the same bits, and whose time
   * depends on what stands around it.
   *
   * @param keys what records call it: problems that take the same time
   * @param steps names that its steps have in plans, whichever way they go
   * @param ways to try, that of the plan first
   */
  public record Site(List<String> keys, Set<String> steps, List<Way> ways) {
    public Site {
      keys = List.copyOf(keys);
      steps = Set.copyOf(steps);
      ways = List.copyOf(ways);
    }

    /** Both as one, tried in the ways of this one. */
    Site with(Site other) {
      Set<String> allKeys = new LinkedHashSet<>(keys);
      allKeys.addAll(other.keys);
      Set<String> allSteps = new HashSet<>(steps);
      allSteps.addAll(other.steps);
      return new Site(List.copyOf(allKeys), allSteps, ways);
    }
  }

  /** Where convolutions around a depthwise one may be computed band by band. */
  public static List<Site> chains(Planner.Means means, Graph graph) {
    return new Fusion(graph, nothingPrepared(means), Fusing.AUTO).tunable();
  }

  /** Convolutions that are steps of their own, for which threads may be chosen. */
  public static List<Site> threads(Planner.Means means, Graph graph) {
    Set<String> steps = new HashSet<>();
    new Fusion(graph, nothingPrepared(means), Fusing.AUTO)
        .graph()
        .nodes()
        .forEach(node -> steps.add(node.name()));
    List<Site> sites = new ArrayList<>();
    for (Layer layer : layers(graph)) {
      Set<String> own = new HashSet<>(layer.nodes());
      own.retainAll(steps);
      if (!own.isEmpty() && means.threads() > 1) {
        Guess now = choice(means, layer.problem());
        Set<Integer> threads = new LinkedHashSet<>(List.of(now.threads()));
        for (int some = 1; some < means.threads(); some *= 2) {
          threads.add(some);
        }
        threads.add(means.threads());
        sites.add(
            new Site(
                layer.problems().stream().map(ConvProblem::work).toList(),
                own,
                threads.stream().map(t -> new Way(now.algorithm().id(), now.tile(), t)).toList()));
      }
    }
    return sites;
  }

  private static Selection nothingPrepared(Planner.Means means) {
    return new Selection(
        means,
        (filter, bias) -> {
          throw new IllegalStateException("nothing is prepared here");
        });
  }

  /** What a plan takes for a problem, with what is known so far. */
  public static Guess choice(Planner.Means means, ConvProblem one) {
    Selection.Candidate best = nothingPrepared(means).best(one, null, new HashMap<>());
    return new Guess(best.algorithm(), best.tile(), best.nanos(), best.problem().threads());
  }

  /**
   * What the cost model says of a kernel without measurements, in nanoseconds.
   *
   * @param one that the algorithm computes, with a tile that it offers
   */
  public static double estimate(ConvAlgorithm algorithm, Tile tile, ConvProblem one) {
    return Estimates.nanos(algorithm, one, tile, Correction.NONE);
  }

  /**
   * Why a choice cannot be used with these backends, or null if it can.
   *
   * @param record on a machine that counts here
   */
  public static @Nullable String refusal(List<Backend> backends, TuningRecord record) {
    ConvAlgorithm named =
        backends.stream()
            .flatMap(b -> b.convolutions().stream())
            .filter(a -> a.id().equals(record.algorithm()))
            .findFirst()
            .orElse(null);
    boolean chain = Way.names(record.algorithm());
    if (named == null && !chain) {
      return "not in this build";
    }
    try {
      if (named == null) {
        Way.check(record.problem());
        return null;
      }
      return Tuned.refusal(named, record, ConvProblem.parse(record.problem()));
    } catch (IllegalArgumentException e) {
      return String.valueOf(e.getMessage());
    }
  }
}
