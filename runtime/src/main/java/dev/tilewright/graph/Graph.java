package dev.tilewright.graph;

import dev.tilewright.tensor.Tensor;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A model at fixed input sizes: nodes in topological order, in single-assignment form. Immutable;
 * passes return a new one.
 *
 * <p>Layout: image tensors between nodes are channels last, [N, H, W, C]; the importer puts
 * Transpose nodes where the model file means [N, C, H, W].
 *
 * @param outputs by the name the model gives them; a value may be an input, a constant, or stand
 *     under several names
 */
public record Graph(
    List<Value> inputs,
    List<Node> nodes,
    Map<String, Value> outputs,
    Map<Value, Tensor> constants) {
  public Graph {
    inputs = List.copyOf(inputs);
    nodes = List.copyOf(nodes);
    outputs = Collections.unmodifiableMap(new LinkedHashMap<>(outputs));
    constants = Collections.unmodifiableMap(new LinkedHashMap<>(constants));
  }

  /** Multiply-accumulates of all convolutions and matrix products. */
  public long macs() {
    return nodes.stream().mapToLong(Graph::macs).sum();
  }

  /** Multiply-accumulates of one node: the direct algorithm's, whatever will run. */
  public static long macs(Node node) {
    return switch (node.op()) {
      case Op.Conv conv -> node.output().shape().elements() * node.input(1).shape().product(1, 4);
      case Op.ConvTranspose t ->
          node.input(0).shape().elements() * node.input(1).shape().product(1, 4);
      case Op.IntegerConv conv ->
          node.output().shape().elements() * node.input(2).shape().product(1, 4);
      case Op.IntegerMatMul m -> node.output().shape().elements() * node.input(0).shape().last();
      case Op.MatMul m -> node.output().shape().elements() * node.input(0).shape().last();
      case Op.Attention a -> {
        long scores = node.input(0).shape().product(0, 2) * node.input(1).shape().dim(1);
        yield scores * (node.input(0).shape().last() + node.input(2).shape().last());
      }
      default -> 0;
    };
  }
}
