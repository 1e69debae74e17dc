package dev.tilewright.plan;

import dev.tilewright.graph.Graph;
import dev.tilewright.graph.Node;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Value;
import dev.tilewright.plan.Selection.Chosen;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The steps in order: one for each node that computes, none for what is only another view, and
 * copies for the inputs of a Concat that could not be computed in place.
 */
final class Schedule {
  /**
   * Where a value lies.
   *
   * @param root the value whose buffer it is in
   * @param offset elements from the start of that buffer
   */
  record Spot(Value root, long offset, long rowStride) {}

  private final List<Plan.Step> steps = new ArrayList<>();
  private final Map<Value, Spot> spots = new HashMap<>();

  Schedule(Graph graph, Arrangement arrangement, Selection selection, Map<Node, Chosen> chosen) {
    for (Value v : graph.inputs()) {
      spots.put(v, arrangement.spot(v));
    }
    for (Node node : graph.nodes()) {
      node.outputs().forEach(v -> spots.put(v, arrangement.spot(v)));
      Chosen c = chosen.get(node);
      if (arrangement.isFree(node)) {
        continue;
      }
      if (c == null) {
        copies(node, graph, arrangement, selection);
      } else {
        steps.add(step(node, node.op().getClass().getSimpleName(), c, operands(node, c)));
      }
    }
  }

  List<Plan.Step> steps() {
    return steps;
  }

  Map<Value, Spot> spots() {
    return spots;
  }

  /** The value whose buffer holds this one; itself for a constant. */
  Value root(Value value) {
    Spot spot = spots.get(value);
    return spot == null ? value : spot.root;
  }

  /**
   * Where a value lies.
   *
   * @throws IllegalStateException for a constant
   */
  Spot spot(Value value) {
    Spot spot = spots.get(value);
    if (spot == null) {
      throw new IllegalStateException("not in the arena: " + value);
    }
    return spot;
  }

  /** Whether the value is in the arena: constants are not. */
  boolean hasPlace(Value value) {
    return spots.containsKey(value);
  }

  /** Bytes of the buffer of a value that owns one. */
  long bytes(Value root) {
    long rows = root.shape().elements() / Math.max(1, root.shape().last());
    return rows * spot(root).rowStride * root.type().dtype().bytes();
  }

  /** Weights that are known reach a convolution through its kernel, not as operands. */
  private static List<Value> operands(Node node, Chosen chosen) {
    if (!(node.op() instanceof Op.Conv conv)
        || chosen.recipe() instanceof Recipe.Computed
        || chosen.recipe() instanceof Recipe.Summed) {
      return node.inputs();
    }
    return conv.epilogue().residual()
        ? List.of(node.input(0), node.inputs().getLast())
        : List.of(node.input(0));
  }

  private void copies(Node concat, Graph graph, Arrangement arrangement, Selection selection) {
    List<Spot> places = arrangement.parts(concat);
    for (int i = 0; i < concat.inputs().size(); i++) {
      Value in = concat.input(i);
      if (arrangement.isInPlace(concat, i) || in.shape().elements() == 0) {
        continue;
      }
      Value part = new Value(concat.output().name() + "[" + i + "]", in.type());
      spots.put(part, places.get(i));
      Node copy = new Node(concat.name(), new Op.Reshape(in.shape()), List.of(in), List.of(part));
      steps.add(step(copy, "Concat", selection.choose(copy, graph), copy.inputs()));
    }
  }

  private static Plan.Step step(Node node, String op, Chosen c, List<Value> operands) {
    return new Plan.Step(
        node.name(),
        op,
        c.key(),
        c.macs(),
        c.bytes(),
        c.threads(),
        c.choice(),
        c.recipe(),
        c.kernel(),
        operands,
        node.outputs());
  }
}
