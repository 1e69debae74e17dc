package dev.tilewright.bench;

import dev.tilewright.graph.Op;
import dev.tilewright.op.Operators;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A block as it stands inside a network: images come and go with their channels last, as the layers
 * around it would keep them. In a file of its own it would begin and end with a transpose.
 *
 * @param own the shapes of the inputs that it takes in a file of its own
 */
record ChannelsLast(Block block, List<Shape> own) implements Block {
  private static final List<Integer> TO_LAST = List.of(0, 2, 3, 1);
  private static final List<Integer> TO_FIRST = List.of(0, 3, 1, 2);

  @Override
  public List<Feature> apply(Layers n, List<Feature> inputs) {
    List<Feature> images = new ArrayList<>();
    for (int i = 0; i < inputs.size(); i++) {
      Feature x = inputs.get(i);
      images.add(isImage(own.get(i)) ? turned(n, x, TO_FIRST) : x);
    }
    return block.apply(n, images).stream()
        .map(y -> y.shape().rank() == TO_LAST.size() ? turned(n, y, TO_LAST) : y)
        .toList();
  }

  private static Feature turned(Layers n, Feature x, List<Integer> order) {
    return n.transpose(x, order.stream().mapToInt(Integer::intValue).toArray());
  }

  private boolean isImage(Shape input) {
    return isImage(own.getFirst(), input);
  }

  /**
   * Whether an input [N, C, H, W] is an image as the first is, or another octave of it: smaller by
   * one factor in both directions. Filters and grids are not.
   */
  static boolean isImage(Shape first, Shape input) {
    if (first.rank() != TO_LAST.size() || input.rank() != TO_LAST.size()) {
      return false;
    }
    int factor = first.dim(2) / input.dim(2);
    return factor * input.dim(2) == first.dim(2) && factor * input.dim(3) == first.dim(3);
  }

  /** Of the inputs that it takes here. */
  Shape[] shapes() {
    return own.stream().map(x -> isImage(x) ? permuted(x, TO_LAST) : x).toArray(Shape[]::new);
  }

  /** Values as it takes them here. */
  Map<String, Tensor> inside(Map<String, Tensor> inputs) {
    Map<String, Tensor> turned = new LinkedHashMap<>();
    inputs.forEach((name, x) -> turned.put(name, isImage(x.shape()) ? turned(x, TO_LAST) : x));
    return turned;
  }

  /** Results as the block in a file of its own has them. */
  static Map<String, Tensor> outside(Map<String, Tensor> outputs) {
    Map<String, Tensor> turned = new LinkedHashMap<>();
    outputs.forEach((name, y) ->
        turned.put(name, y.shape().rank() == TO_FIRST.size() ? turned(y, TO_FIRST) : y));
    return turned;
  }

  private static Tensor turned(Tensor x, List<Integer> order) {
    TensorType type = new TensorType(x.dtype(), permuted(x.shape(), order));
    return Operators.evaluate(new Op.Transpose(order), List.of(x), List.of(type)).getFirst();
  }

  private static Shape permuted(Shape shape, List<Integer> order) {
    return new Shape(order.stream().map(shape::dim).toList());
  }
}
