package dev.tilewright.bench;

import dev.tilewright.graph.Op;
import dev.tilewright.op.Operators;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A block as it stands inside a network: images come and go with their channels last, as the layers
 * around it would keep them. In a file of its own it would begin and end with a transpose.
 */
record ChannelsLast(Block block) implements Block {
  private static final List<Integer> TO_LAST = List.of(0, 2, 3, 1);
  private static final List<Integer> TO_FIRST = List.of(0, 3, 1, 2);

  @Override
  public List<Feature> apply(Layers n, List<Feature> inputs) {
    List<Feature> images = inputs.stream().map(x -> turned(n, x, TO_FIRST)).toList();
    return block.apply(n, images).stream().map(y -> turned(n, y, TO_LAST)).toList();
  }

  private static Feature turned(Layers n, Feature x, List<Integer> order) {
    return x.shape().rank() == order.size()
        ? n.transpose(x, order.stream().mapToInt(Integer::intValue).toArray())
        : x;
  }

  static Shape shape(Shape shape) {
    return shape.rank() == TO_LAST.size() ? permuted(shape, TO_LAST) : shape;
  }

  /** Values as the block takes them. */
  static Map<String, Tensor> inside(Map<String, Tensor> tensors) {
    return turned(tensors, TO_LAST);
  }

  /** Values as the block in a file of its own has them. */
  static Map<String, Tensor> outside(Map<String, Tensor> tensors) {
    return turned(tensors, TO_FIRST);
  }

  private static Map<String, Tensor> turned(Map<String, Tensor> tensors, List<Integer> order) {
    Map<String, Tensor> turned = new LinkedHashMap<>();
    tensors.forEach((name, x) -> turned.put(name, turned(x, order)));
    return turned;
  }

  private static Tensor turned(Tensor x, List<Integer> order) {
    if (x.shape().rank() != order.size()) {
      return x;
    }
    TensorType type = new TensorType(x.dtype(), permuted(x.shape(), order));
    return Operators.evaluate(new Op.Transpose(order), List.of(x), List.of(type)).getFirst();
  }

  private static Shape permuted(Shape shape, List<Integer> order) {
    return new Shape(order.stream().map(shape::dim).toList());
  }
}
