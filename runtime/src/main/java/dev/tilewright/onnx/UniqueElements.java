package dev.tilewright.onnx;

import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Elements without repetition, or slices along an axis, in ascending or in their own order.
 * Results: the elements; of each the position where it is first; of each position in the input the
 * element; of each element how often it is there.
 */
final class UniqueElements {
  private UniqueElements() {}

  static List<Tensor> apply(OnnxNode node, List<@Nullable Tensor> in) {
    Tensor x = Selections.input(node, in, 0);
    Tensor source = node.has("axis") ? x : x.reshape(Shape.of(Selections.count(node, x)));
    int axis = Selections.axis(node, source.shape());
    int slices = source.shape().dim(axis);
    Comparator<Integer> order = order(source, axis);
    List<Integer> sorted = IntStream.range(0, slices).boxed().sorted(order).toList();
    // Sorting is stable, so the first of equals in the order is the first in the input.
    List<List<Integer>> groups = new ArrayList<>();
    for (int slice : sorted) {
      if (groups.isEmpty() || order.compare(groups.getLast().getFirst(), slice) != 0) {
        groups.add(new ArrayList<>());
      }
      groups.getLast().add(slice);
    }
    if (node.integer("sorted", 1) == 0) {
      groups.sort(Comparator.comparing(List::getFirst));
    }
    int count = groups.size();
    long[] inverse = new long[slices];
    for (int i = 0; i < count; i++) {
      for (int slice : groups.get(i)) {
        inverse[slice] = i;
      }
    }
    int[] first = groups.stream().mapToInt(List::getFirst).toArray();
    long[] counts = groups.stream().mapToLong(List::size).toArray();
    return List.of(
        Selections.take(source, axis, first),
        Tensor.of(Shape.of(count), IntStream.of(first).asLongStream().toArray()),
        Tensor.of(Shape.of(slices), inverse),
        Tensor.of(Shape.of(count), counts));
  }

  /** By the elements of a slice, the first that differs deciding. */
  private static Comparator<Integer> order(Tensor x, int axis) {
    Shape shape = x.shape();
    int block = Math.toIntExact(shape.product(axis + 1, shape.rank()));
    int outer = Math.toIntExact(shape.product(0, axis));
    int size = shape.dim(axis);
    Comparator<Integer> elements = elements(x);
    return (a, b) -> {
      for (int o = 0; o < outer; o++) {
        for (int i = 0; i < block; i++) {
          int order = elements.compare((o * size + a) * block + i, (o * size + b) * block + i);
          if (order != 0) {
            return order;
          }
        }
      }
      return 0;
    };
  }

  /** By value, of the elements at two positions. Zeros are equal whatever their sign. */
  private static Comparator<Integer> elements(Tensor x) {
    if (x.dtype() == DType.FLOAT32) {
      float[] values = x.toFloats();
      return (a, b) -> Float.compare(values[a] + 0f, values[b] + 0f);
    }
    long[] values = x.toLongs();
    return x.dtype() == DType.UINT64
        ? (a, b) -> Long.compareUnsigned(values[a], values[b])
        : (a, b) -> Long.compare(values[a], values[b]);
  }
}
