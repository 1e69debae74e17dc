package dev.tilewright.plan;

import dev.tilewright.backend.Backend;
import dev.tilewright.conv.ConvAlgorithm;
import dev.tilewright.conv.ConvProblem;
import dev.tilewright.conv.ConvShape;
import dev.tilewright.conv.Epilogue;
import dev.tilewright.conv.FilterSum;
import dev.tilewright.conv.Tile;
import dev.tilewright.conv.Weights;
import dev.tilewright.graph.Graph;
import dev.tilewright.graph.Node;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Value;
import dev.tilewright.kernel.Applicability;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.op.OpProblem;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Chooses what computes a node: among algorithms by estimated time, among backends by preference.
 */
final class Selection {
  /** A node with the kernel that will compute it. */
  record Chosen(
      String key,
      Plan.Choice choice,
      Recipe recipe,
      Kernel kernel,
      int threads,
      long macs,
      long bytes) {
    /** The same, with one more thing that was not chosen. */
    Chosen unlike(String other, String reason) {
      Map<String, String> others = new LinkedHashMap<>(choice.others());
      others.put(other, reason);
      return with(choice.reason(), others);
    }

    /** The same for another reason. */
    Chosen because(String reason) {
      return with(reason, choice.others());
    }

    private Chosen with(String reason, Map<String, String> others) {
      Plan.Choice with =
          new Plan.Choice(
              choice.algorithm(),
              choice.tile(),
              choice.origin(),
              reason,
              choice.nanos(),
              choice.rival(),
              others);
      return new Chosen(key, with, recipe, kernel, threads, macs, bytes);
    }
  }

  /**
   * An algorithm with the tile that it would take.
   *
   * @param nanos estimated, on one thread
   * @param correction that the estimate went by
   * @param measured the measurement for which it was chosen, in words, or null
   */
  record Candidate(
      ConvAlgorithm algorithm,
      Tile tile,
      ConvProblem problem,
      double nanos,
      Correction correction,
      @Nullable String measured) {
    /** For a filter and a bias that are known. */
    Recipe.Conv recipe(Tensor filter, @Nullable Tensor bias) {
      return new Recipe.Conv(algorithm.id(), tile, problem, filter, bias);
    }

    /**
     * The same algorithm for a part of the work. The same tile if it offers that, so that fewer
     * kernels have to be made.
     */
    Candidate of(ConvProblem part) {
      Estimates.Timed best = null;
      for (Estimates.Timed other : Estimates.times(algorithm, part, correction)) {
        if (other.tile().equals(tile)) {
          return new Candidate(algorithm, tile, part, other.nanos(), correction, measured);
        }
        if (best == null || other.nanos() < best.nanos()) {
          best = other;
        }
      }
      Objects.requireNonNull(best, "an algorithm has a tile");
      return new Candidate(algorithm, best.tile(), part, best.nanos(), correction, measured);
    }

    /** The same, its time with that of packing a filter of this shape. */
    Candidate packing(Shape filter) {
      long bytes = new ComputedWeights(algorithm, problem, tile, filter, 1, 1).packedBytes();
      double sum = nanos + CostModel.packing(bytes);
      return new Candidate(algorithm, tile, problem, sum, correction, measured);
    }
  }

  /**
   * An algorithm must promise to take less than this share of the time to be preferred to one of a
   * backend that comes before its own. Estimates of the same layer by the C and the Java kernels
   * differ from measurements by up to 1.6 times, and a C kernel needs no warm-up where a Java one
   * takes 0.1 to 0.6 s of a compiler thread: the demo as a whole took 9.5 s with 0.67 here and 3 s
   * with 0.5 (docs/measurements.md).
   */
  private static final double WORTH_A_CHANGE = 0.5;

  /**
   * The same between algorithms of one backend: the estimates of direct sums and of Winograd's are
   * in proportion to what was measured within 20 %. At 0.5 a 3x3 layer of 512 channels 14x14 stayed
   * at 99 % of the peak instead of 178, a grouped one of width 24 at 71 instead of 134.
   */
  private static final double WORTH_A_VARIANT = 0.8;

  /**
   * The same within a family: Strassen's algorithm against the direct product was estimated within
   * 4 % of what was measured, and takes 1.75 times as many bytes for the filter.
   */
  private static final double WORTH_A_SIBLING = 0.97;

  private final Planner.Means means;
  private final List<ConvAlgorithm> algorithms;
  private final Tuned tuned;
  private final Correction correction;
  private final Recipe.Ingredients ingredients;

  /**
   * @param weights gives the model's packed weights over a filter and a bias
   */
  Selection(Planner.Means means, BiFunction<Tensor, @Nullable Tensor, Weights> weights) {
    this.means = means;
    this.algorithms = means.backends().stream().flatMap(b -> b.convolutions().stream()).toList();
    this.tuned = new Tuned(means, algorithms);
    this.correction = Correction.of(means.tuning());
    this.ingredients = new Recipe.Ingredients(means.backends(), weights);
  }

  Chosen choose(Node node, Graph graph) {
    return node.op() instanceof Op.Conv conv
        ? convolution(node, conv, graph)
        : operator(node, graph, means.backends());
  }

  /** An operator by the kernel of a backend that has been chosen for it. */
  Chosen choose(Node node, Graph graph, Backend backend) {
    return operator(node, graph, List.of(backend));
  }

  private Chosen convolution(Node node, Op.Conv conv, Graph graph) {
    Tensor filter = graph.constants().get(node.input(1));
    Tensor bias = conv.epilogue().bias() ? graph.constants().get(node.input(2)) : null;
    boolean computed = filter == null || (conv.epilogue().bias() && bias == null);
    Shape filterShape = node.input(1).shape();
    ConvShape shape = conv.shape(node.input(0).shape(), filterShape);
    if (computed) {
      return computed(node, conv, shape, filterShape);
    }
    Map<String, String> others = new LinkedHashMap<>();
    Candidate best = best(new ConvProblem(shape, conv.epilogue(), 1), null, others);
    Recipe recipe = best.recipe(Objects.requireNonNull(filter), bias);
    double share = 1.0 / best.problem.threads();
    Plan.Choice choice = choice(best, null, reason(best, others), share, others);
    return chosen(node, best.problem, choice, recipe);
  }

  /** Estimated time, on one thread, of a convolution that packs its filter in every run. */
  double nanosPacking(ConvShape whole, Epilogue epilogue, Shape filter) {
    int pieces = ComputedWeights.pieces(whole, filter);
    return pieces * piece(whole, epilogue, filter, pieces, new HashMap<>()).nanos;
  }

  private Candidate piece(
      ConvShape whole, Epilogue epilogue, Shape filter, int pieces, Map<String, String> others) {
    ConvShape shape = whole.ofGroups(whole.groups() / pieces);
    Shape piece = filter.with(0, filter.dim(0) / pieces);
    return best(new ConvProblem(shape, epilogue, 1), piece, others);
  }

  private Chosen computed(Node node, Op.Conv conv, ConvShape whole, Shape filter) {
    int pieces = ComputedWeights.pieces(whole, filter);
    Shape piece = filter.with(0, filter.dim(0) / pieces);
    Map<String, String> others = new LinkedHashMap<>();
    Candidate best = piece(whole, conv.epilogue(), filter, pieces, others);
    int threads =
        pieces == 1
            ? best.problem.threads()
            : Math.min(pieces, CostModel.threads(best.nanos * pieces, means.threads()));
    ConvProblem own =
        pieces == 1 ? best.problem : new ConvProblem(best.problem.shape(), conv.epilogue(), 1);
    String reason =
        reason(best, others)
            + (pieces == 1 ? "" : ", in " + pieces + " pieces")
            + ", packed in every run";
    Plan.Choice choice = choice(best, piece, reason, (double) pieces / threads, others);
    Recipe recipe =
        new Recipe.Computed(best.algorithm.id(), best.tile, own, piece, pieces, threads);
    return chosen(node, new ConvProblem(whole, conv.epilogue(), threads), choice, recipe);
  }

  /**
   * @param packed shape of a filter that every run packs, or null
   * @param share of the time of a candidate that the step takes
   */
  private Plan.Choice choice(
      Candidate best,
      @Nullable Shape packed,
      String reason,
      double share,
      Map<String, String> others) {
    String id = best.algorithm.id();
    return new Plan.Choice(
        id,
        best.tile.toString(),
        origin(id, best.measured != null),
        reason,
        best.nanos * share,
        rival(best, packed, share),
        others);
  }

  private Chosen chosen(Node node, ConvProblem problem, Plan.Choice choice, Recipe recipe) {
    return new Chosen(
        problem.key(),
        choice,
        recipe,
        recipe.make(ingredients),
        problem.threads(),
        Graph.macs(node),
        bytes(node));
  }

  private static long bytes(Node node) {
    return Stream.concat(node.inputs().stream(), node.outputs().stream())
        .mapToLong(value -> value.type().bytes())
        .sum();
  }

  private Plan.@Nullable Rival rival(Candidate best, @Nullable Shape packed, double share) {
    ConvProblem one = new ConvProblem(best.problem.shape(), best.problem.epilogue(), 1);
    return algorithms.stream()
        .map(algorithm -> estimate(algorithm, one, new LinkedHashMap<>()))
        .filter(Objects::nonNull)
        .filter(c -> !c.algorithm.id().equals(best.algorithm.id()) || !c.tile.equals(best.tile))
        .map(c -> packed == null ? c : c.packing(packed))
        .min(Comparator.comparingDouble(Candidate::nanos))
        .map(c -> new Plan.Rival(c.algorithm.id(), c.tile.toString(), c.nanos * share))
        .orElse(null);
  }

  /**
   * The algorithm for a convolution.
   *
   * @param packed shape of a filter that every run packs, or null
   * @param others gets the algorithms that are not it, with the reason
   */
  Candidate best(ConvProblem one, @Nullable Shape packed, Map<String, String> others) {
    Candidate best = null;
    for (ConvAlgorithm algorithm : algorithms) {
      Candidate candidate = estimate(algorithm, one, others);
      if (packed != null && candidate != null && isBetter(candidate, best)) {
        candidate = candidate.packing(packed);
        others.put(algorithm.id(), micros(candidate.nanos));
      }
      if (candidate != null && isBetter(candidate, best)) {
        best = candidate;
      }
    }
    Tuned.Choice measured = packed == null ? tuned.kernel(one, others) : null;
    if (measured != null) {
      double nanos = Estimates.nanos(measured.algorithm(), one, measured.tile(), correction);
      best = candidate(measured.algorithm(), measured.tile(), one, nanos, measured.words());
    }
    if (best == null) {
      throw new IllegalStateException("no algorithm computes " + one.shape().key() + ": " + others);
    }
    others.remove(best.algorithm.id());
    return best;
  }

  /** The algorithm for a filter that is a sum; null if none takes it. */
  @Nullable Candidate bestAdding(ConvProblem one, FilterSum sum, Map<String, String> others) {
    Candidate best = null;
    for (ConvAlgorithm algorithm : algorithms) {
      Candidate candidate = estimate(algorithm, one, others);
      if (candidate != null
          && algorithm.check(one, sum) instanceof Applicability.No(String reason)) {
        others.put(algorithm.id(), reason);
      } else if (candidate != null && isBetter(candidate, best)) {
        best = candidate;
      }
    }
    if (best != null) {
      others.remove(best.algorithm.id());
    }
    return best;
  }

  /** What kernels are made from. */
  Recipe.Ingredients ingredients() {
    return ingredients;
  }

  int threads() {
    return means.threads();
  }

  Tuned tuned() {
    return tuned;
  }

  private static boolean isBetter(Candidate candidate, @Nullable Candidate best) {
    if (best == null) {
      return true;
    }
    double worth =
        !backend(candidate).equals(backend(best))
            ? WORTH_A_CHANGE
            : candidate.algorithm.family().equals(best.algorithm.family())
                ? WORTH_A_SIBLING
                : WORTH_A_VARIANT;
    return candidate.nanos < worth * best.nanos;
  }

  private static String backend(Candidate candidate) {
    String id = candidate.algorithm.id();
    return id.substring(0, id.indexOf('.'));
  }

  private @Nullable Candidate estimate(
      ConvAlgorithm algorithm, ConvProblem one, Map<String, String> others) {
    // Ranked on one thread, so that the choice, and with it every bit of the result, is the same
    // for any number of them.
    Estimates.Answer answer = Estimates.of(algorithm, one, correction);
    if (answer instanceof Estimates.Answer.Best(Tile tile, double _)
        && tuned.isQuarantined(one, algorithm, tile)) {
      others.put((algorithm.id() + " " + tile).strip(), Tuned.QUARANTINE);
      answer =
          Estimates.ask(algorithm, one, correction, t -> !tuned.isQuarantined(one, algorithm, t));
    }
    return switch (answer) {
      case Estimates.Answer.No(String reason) -> {
        others.put(algorithm.id(), reason);
        yield null;
      }
      case Estimates.Answer.Best(Tile tile, double nanos) -> {
        others.put(algorithm.id(), micros(nanos));
        yield candidate(algorithm, tile, one, nanos, null);
      }
    };
  }

  private Candidate candidate(
      ConvAlgorithm algorithm,
      Tile tile,
      ConvProblem one,
      double nanos,
      @Nullable String measured) {
    int estimated = CostModel.threads(nanos, means.threads());
    int useful = tuned.threads(one, algorithm, tile, means.threads(), estimated);
    ConvProblem problem = new ConvProblem(one.shape(), one.epilogue(), useful);
    return new Candidate(algorithm, tile, problem, nanos, correction, measured);
  }

  /** What a backend is asked for a node that is no convolution. */
  static OpProblem problem(Node node, Graph graph) {
    return new OpProblem(
        node.op(),
        node.inputs().stream().map(Value::type).toList(),
        node.inputs().stream().<@Nullable Tensor>map(graph.constants()::get).toList(),
        node.outputs().stream().map(Value::type).toList());
  }

  private Chosen operator(Node node, Graph graph, List<Backend> backends) {
    OpProblem problem = problem(node, graph);
    String name = node.op().getClass().getSimpleName().toLowerCase(Locale.ROOT);
    int useful = CostModel.threads(CostModel.streaming(bytes(node)), means.threads());
    String key = name + problem.in() + "_t" + useful;
    for (Backend backend : backends) {
      Kernel kernel = backend.operator(problem).orElse(null);
      if (kernel != null) {
        String id = backend.name() + "." + name;
        Recipe recipe = new Recipe.Operator(backend.name(), problem);
        return chosen(node, key, id, "first backend that has it", recipe, kernel, useful);
      }
    }
    Recipe recipe = new Recipe.Operator(Recipe.PORTABLE, problem);
    Kernel kernel = recipe.make(ingredients);
    return chosen(
        node, key, Recipe.PORTABLE + "." + name, "no backend has it", recipe, kernel, useful);
  }

  private Chosen chosen(
      Node node, String key, String id, String reason, Recipe recipe, Kernel kernel, int useful) {
    double nanos = CostModel.streaming(bytes(node)) / useful;
    Plan.Choice choice = new Plan.Choice(id, "", origin(id, false), reason, nanos, null, Map.of());
    return new Chosen(key, choice, recipe, kernel, useful, Graph.macs(node), bytes(node));
  }

  Origin origin(String id, boolean measured) {
    if (measured) {
      return Origin.TUNED;
    }
    return id.startsWith(means.choice() + ".") ? Origin.FORCED : Origin.ESTIMATED;
  }

  private static String reason(Candidate best, Map<String, String> others) {
    if (best.measured != null) {
      return best.measured;
    }
    long applicable = others.values().stream().filter(o -> o.endsWith(" us")).count();
    return applicable == 0
        ? "only one applies"
        : "estimated " + micros(best.nanos) + ", best of " + (applicable + 1);
  }

  /**
   * Without a format, whose parsing a process that has just started would interpret thousands of
   * times.
   */
  static String micros(double nanos) {
    long tenths = Math.round(nanos / 100);
    return tenths / 10 + "." + tenths % 10 + " us";
  }
}
