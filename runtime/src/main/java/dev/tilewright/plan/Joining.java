package dev.tilewright.plan;

import dev.tilewright.backend.Backend;
import dev.tilewright.graph.Graph;
import dev.tilewright.graph.Node;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Value;
import dev.tilewright.plan.Selection.Chosen;
import dev.tilewright.tensor.DType;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Decides which {@link ElementChain}s become one step: where a backend computes them in registers,
 * and the estimate says that it saves enough of the memory traffic between them.
 */
final class Joining {
  /**
   * The share of the time apart that a joined chain may promise at most: estimates are within 30 %
   * of what was measured.
   */
  private static final double WORTH_JOINING = 0.8;

  /**
   * What all chains that share a kernel must save together in a run, of what they take without:
   * where it has to be made, that takes a processor 0.1 to 0.3 s, which some thousands of runs win
   * back.
   */
  private static final double WORTH_A_KERNEL = 30_000;

  /** One chain with the node that would stand for it, and both times on one thread. */
  private record Estimate(
      Backend backend, ElementChain chain, Node joined, double nanos, double apart) {
    boolean pays() {
      return nanos <= WORTH_JOINING * apart;
    }

    String text() {
      return String.format(
          Locale.ROOT,
          "%d operators in %s, apart %s",
          chain.nodes().size(),
          Selection.micros(nanos),
          Selection.micros(apart));
    }
  }

  private final Graph graph;
  private final Map<Node, Estimate> joined = new HashMap<>();
  private final Map<Node, Estimate> refused = new HashMap<>();

  Joining(Graph graph, List<Backend> backends, Fusing mode) {
    this.graph = mode.allowed() ? join(graph, backends, mode.estimated()) : graph;
  }

  /** The graph with every joined chain as one node. */
  Graph graph() {
    return graph;
  }

  /** The backend that is to compute a joined node; null for all others. */
  @Nullable Backend backend(Node node) {
    Estimate estimate = joined.get(node);
    return estimate == null ? null : estimate.backend;
  }

  /** What computes a node of {@link #graph}, with why the operators are one step, or are not. */
  Chosen explained(Node node, Chosen chosen) {
    Estimate estimate = joined.get(node);
    if (estimate != null) {
      return chosen.because("joined: " + estimate.text());
    }
    Estimate not = refused.get(node);
    return not == null ? chosen : chosen.unlike("joined", not.text());
  }

  private Graph join(Graph from, List<Backend> backends, boolean estimated) {
    List<ElementChain> chains =
        ElementChain.of(
            from, node -> backends.stream().anyMatch(b -> instructions(b, node).isPresent()));
    List<Choice> choices = chains.stream().flatMap(c -> choice(c, backends).stream()).toList();
    Map<Op, Double> savings = new HashMap<>();
    choices.forEach(c -> savings.merge(c.first().joined.op(), c.gain(), Double::sum));
    // In parallel, as making a kernel takes long.
    List<Estimate> taken =
        choices.parallelStream()
            .flatMap(choice ->
                choice.best(estimated, savings.getOrDefault(choice.first().joined.op(), 0.0)))
            .filter(e -> e.backend.operator(Selection.problem(e.joined, from)).isPresent())
            .toList();
    choices.forEach(c -> refused.put(c.first().chain.last(), c.first()));
    taken.forEach(e -> {
      refused.remove(e.chain.last());
      joined.put(e.joined, e);
    });
    return without(from, taken);
  }

  /**
   * Ways to join one chain, of backends that have all of it: a chain is not cut where one of them
   * lacks an operator.
   *
   * @param ready by kernels that exist
   * @param made by one that has to be made
   */
  private record Choice(@Nullable Estimate ready, @Nullable Estimate made) {
    Estimate first() {
      return Objects.requireNonNull(ready == null ? made : ready);
    }

    /** What making a kernel saves of the time that the chain takes without. */
    double gain() {
      if (made == null || !made.pays()) {
        return 0;
      }
      double without = ready != null && ready.pays() ? ready.nanos : made.apart;
      return without - made.nanos;
    }

    /**
     * The one to take, if any.
     *
     * @param gains of all chains of this kind together
     */
    Stream<Estimate> best(boolean estimated, double gains) {
      if (!estimated) {
        return Stream.of(first());
      }
      if (made != null && made.pays() && gains >= WORTH_A_KERNEL) {
        return Stream.of(made);
      }
      return Stream.ofNullable(ready).filter(Estimate::pays);
    }
  }

  /** Empty if no backend has all of the chain. */
  private static Optional<Choice> choice(ElementChain chain, List<Backend> backends) {
    List<Estimate> estimates =
        backends.stream()
            .filter(b -> chain.nodes().stream().allMatch(n -> instructions(b, n).isPresent()))
            .map(b -> estimate(b, chain))
            .toList();
    Map<Boolean, Estimate> first = new HashMap<>();
    estimates.forEach(e -> first.putIfAbsent(e.backend.makesJoined(), e));
    return first.isEmpty()
        ? Optional.empty()
        : Optional.of(new Choice(first.get(false), first.get(true)));
  }

  private static Graph without(Graph from, List<Estimate> taken) {
    StandIns standIns = new StandIns();
    taken.forEach(e -> standIns.add(e.joined, e.chain.last(), e.chain.nodes()));
    return standIns.in(from);
  }

  private static Estimate estimate(Backend backend, ElementChain chain) {
    Node joined = chain.joined();
    long elements = chain.last().output().shape().elements();
    double apart = 0;
    int instructions = 0;
    for (Node node : chain.nodes()) {
      int own = instructions(backend, node).orElse(0);
      instructions += own;
      apart +=
          isOfFloats(node)
              ? CostModel.elementwise(bytes(node), elements, own)
              : CostModel.portable(elements);
    }
    apart += chain.between().mapToDouble(v -> CostModel.beyondCache(v.type().bytes())).sum();
    double nanos =
        backend.makesJoined()
            ? CostModel.joined(bytes(joined), elements, instructions)
            : CostModel.blockwise(bytes(joined), elements, instructions, chain.nodes().size());
    return new Estimate(backend, chain, joined, nanos, apart);
  }

  /** All else, such as masks and quantised values, has no kernel of its own in any backend. */
  private static boolean isOfFloats(Node node) {
    return tensors(node).allMatch(v -> v.type().dtype() == DType.FLOAT32);
  }

  private static long bytes(Node node) {
    return tensors(node).distinct().mapToLong(v -> v.type().bytes()).sum();
  }

  private static Stream<Value> tensors(Node node) {
    return Stream.concat(node.inputs().stream(), node.outputs().stream());
  }

  private static OptionalInt instructions(Backend backend, Node node) {
    return backend.joins(node.op(), node.inputs().stream().map(v -> v.type().dtype()).toList());
  }
}
