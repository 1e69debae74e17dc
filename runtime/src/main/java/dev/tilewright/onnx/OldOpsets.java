package dev.tilewright.onnx;

import dev.tilewright.graph.GraphBuilder;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Value;
import dev.tilewright.tensor.Shape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What opsets before 7 mean otherwise, as later ones would say it. */
final class OldOpsets {
  /** The first opset that broadcasts as numpy does: dimensions are aligned at the last one. */
  private static final int NUMPY = 7;

  private OldOpsets() {}

  /**
   * The inputs with the second one reshaped to where it belongs. With {@code broadcast} its
   * dimensions are those of the first input from {@code axis} on; the slopes of PRelu are one a
   * channel.
   */
  static List<@Nullable Value> inputs(
      OnnxNode node, int opset, List<@Nullable Value> inputs, GraphBuilder graph) {
    if (opset >= NUMPY || inputs.size() < 2) {
      return inputs;
    }
    Value first = inputs.get(0);
    Value second = inputs.get(1);
    boolean slopes = node.opType().equals("PRelu");
    boolean aligned = node.integer("broadcast", 0) != 0 && node.has("axis");
    if (first == null || second == null || !(slopes || aligned) || second.shape().rank() == 0) {
      return inputs;
    }
    int rank = first.shape().rank();
    long stated = slopes ? 1 : node.integer("axis", 0);
    long axis = stated < 0 ? stated + rank : stated;
    long behind = rank - axis - second.shape().rank();
    if (slopes && second.shape().elements() == 1) {
      return inputs;
    }
    if (axis < 0 || behind < 0) {
      throw node.bad("axis " + stated + " for " + second.type() + " on " + first.type());
    }
    List<Integer> dims = new ArrayList<>(second.shape().dims());
    dims.addAll(Collections.nCopies((int) behind, 1));
    List<@Nullable Value> moved = new ArrayList<>(inputs);
    moved.set(1, graph.add(node.label(), new Op.Reshape(new Shape(dims)), second));
    return moved;
  }
}
