package dev.tilewright.graph;

import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.TensorType;

/**
 * A tensor flowing between nodes. In single-assignment form: the name is unique in its graph.
 *
 * @param type element type and shape, both always known: a model with dynamic dimensions becomes a
 *     graph for the sizes it is given
 */
public record Value(String name, TensorType type) {
  /** By the name, which is unique; maps of values are looked up all the time. */
  @Override
  public int hashCode() {
    return name.hashCode();
  }

  public Shape shape() {
    return type.shape();
  }

  @Override
  public String toString() {
    return name + ":" + type;
  }
}
