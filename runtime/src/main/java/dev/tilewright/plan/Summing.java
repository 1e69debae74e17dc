package dev.tilewright.plan;

import dev.tilewright.conv.ConvProblem;
import dev.tilewright.conv.Epilogue;
import dev.tilewright.graph.Graph;
import dev.tilewright.graph.Node;
import dev.tilewright.plan.Selection.Candidate;
import dev.tilewright.plan.Selection.Chosen;
import dev.tilewright.tensor.Tensor;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * Decides which {@link SummedFilter}s become one step: where an algorithm adds up filters panel by
 * panel, and the estimate says that it takes less time than to write them, to pack what was written
 * and to read that.
 */
final class Summing {
  /** Both times on one thread. */
  private record Estimate(
      SummedFilter filter,
      Candidate best,
      double nanos,
      double apart,
      Map<String, String> others) {}

  private final Graph graph;
  private final Graph original;
  private final Selection selection;
  private final Map<Node, Estimate> summed = new HashMap<>();
  private final Map<Node, String> refused = new HashMap<>();

  Summing(Graph original, Selection selection, Fusing mode) {
    this.original = original;
    this.selection = selection;
    if (mode.allowed()) {
      for (SummedFilter filter : SummedFilter.of(original)) {
        decide(filter, mode);
      }
    }
    this.graph = without();
  }

  /** The graph with every such convolution as one node. */
  Graph graph() {
    return graph;
  }

  /** What computes a node of the graph that fusion made of {@link #graph}. */
  Chosen choose(Node node, Fusion fusion) {
    Estimate estimate = summed.get(node);
    if (estimate != null) {
      return chosen(node, estimate);
    }
    Chosen alone = fusion.choose(node);
    String reason = refused.get(node);
    return reason == null ? alone : alone.unlike("added up", reason);
  }

  private void decide(SummedFilter filter, Fusing mode) {
    ConvProblem problem = new ConvProblem(filter.shape(), filter.epilogue(), 1);
    Map<String, String> others = new LinkedHashMap<>();
    Candidate best = selection.bestAdding(problem, filter.sum(), others);
    if (best == null) {
      return;
    }
    long bytes = filter.layer().input(1).type().bytes(); // in one read for all images
    double nanos = best.nanos() + CostModel.adding(bytes);
    ConvProblem layer = new ConvProblem(ConvChain.shape(filter.layer()), Epilogue.NONE, 1);
    double apart =
        selection.nanosPacking(filter.shape(), filter.epilogue(), filter.conv().input(1).shape())
            + selection.best(layer, null, new HashMap<>()).nanos();
    if (!mode.estimated() || nanos < apart) {
      summed.put(filter.joined(), new Estimate(filter, best, nanos, apart, others));
    } else {
      refused.put(
          filter.conv(), Selection.micros(nanos) + ", in a step before " + Selection.micros(apart));
    }
  }

  private Graph without() {
    StandIns standIns = new StandIns();
    summed.forEach((node, e) -> standIns.add(node, e.filter.conv(), e.filter.nodes()));
    return standIns.in(original);
  }

  private Chosen chosen(Node node, Estimate e) {
    SummedFilter filter = e.filter;
    Candidate best = e.best;
    Tensor experts = Objects.requireNonNull(original.constants().get(filter.layer().input(1)));
    Tensor bias =
        filter.epilogue().bias() ? original.constants().get(filter.conv().input(2)) : null;
    Recipe recipe = new Recipe.Summed(best.recipe(experts, bias), filter.sum());
    String id = best.algorithm().id();
    Plan.Choice choice =
        new Plan.Choice(
            id,
            best.tile().toString(),
            selection.origin(id, false),
            "estimated "
                + Selection.micros(e.nanos)
                + ", its filter added up as it goes; in a step before "
                + Selection.micros(e.apart),
            e.nanos / best.problem().threads(),
            new Plan.Rival("in a step before", "", e.apart / best.problem().threads()),
            e.others);
    return new Chosen(
        best.problem().key(),
        choice,
        recipe,
        recipe.make(selection.ingredients()),
        best.problem().threads(),
        Graph.macs(filter.conv()) + Graph.macs(filter.layer()),
        node.inputs().stream().mapToLong(v -> v.type().bytes()).sum()
            + node.output().type().bytes()
            + filter.layer().input(1).type().bytes());
  }
}
