package dev.tilewright.graph;

import java.util.List;

/**
 * One operator applied to values.
 *
 * @param name of the layer in the model, for people; need not be unique
 */
public record Node(String name, Op op, List<Value> inputs, List<Value> outputs) {
  public Node {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
  }

  /** By the outputs, whose names are unique: an operator with its attributes is long to hash. */
  @Override
  public int hashCode() {
    return outputs.hashCode();
  }

  /** The only output of a node that has one. */
  public Value output() {
    return outputs.getFirst();
  }

  public Value input(int i) {
    return inputs.get(i);
  }
}
