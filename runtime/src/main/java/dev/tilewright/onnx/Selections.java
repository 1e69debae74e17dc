package dev.tilewright.onnx;

import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Operators that pick elements by their values, so that only a run knows how many. */
final class Selections {
  private Selections() {}

  /** The positions of what is not 0, as [rank, count], in row-major order; NaN is not 0. */
  static List<Tensor> nonZero(OnnxNode node, List<@Nullable Tensor> in) {
    Tensor x = input(node, in, 0);
    int[] found = IntStream.range(0, count(node, x)).filter(nonZero(x)).toArray();
    int rank = x.shape().rank();
    long[] positions = new long[Math.multiplyExact(rank, found.length)];
    for (int axis = 0; axis < rank; axis++) {
      long step = x.shape().product(axis + 1, rank);
      for (int i = 0; i < found.length; i++) {
        positions[axis * found.length + i] = found[i] / step % x.shape().dim(axis);
      }
    }
    return List.of(Tensor.of(Shape.of(rank, found.length), positions));
  }

  private static IntPredicate nonZero(Tensor x) {
    if (x.dtype() == DType.FLOAT32) {
      float[] values = x.toFloats();
      return i -> values[i] != 0;
    }
    long[] values = x.toLongs();
    return i -> values[i] != 0;
  }

  /** The slices along an axis (without one: the elements) where the condition holds. */
  static List<Tensor> compress(OnnxNode node, List<@Nullable Tensor> in) {
    Tensor x = input(node, in, 0);
    Tensor condition = input(node, in, 1);
    if (condition.dtype() != DType.BOOL || condition.shape().rank() != 1) {
      throw node.bad("the condition must be a list of truth values, is " + condition.type());
    }
    Tensor source = node.has("axis") ? x : x.reshape(Shape.of(count(node, x)));
    Shape shape = source.shape();
    int axis = axis(node, shape);
    if (condition.shape().dim(0) > shape.dim(axis)) {
      throw node.bad(condition.shape() + " conditions for axis " + axis + " of " + shape);
    }
    int[] kept = IntStream.range(0, condition.shape().dim(0)).filter(nonZero(condition)).toArray();
    return List.of(take(source, axis, kept));
  }

  /** The attribute axis, 0 if there is none. */
  static int axis(OnnxNode node, Shape shape) {
    long axis = node.integer("axis", 0);
    if (axis < -shape.rank() || axis >= shape.rank()) {
      throw node.bad("axis " + axis + " of " + shape);
    }
    return (int) (axis < 0 ? axis + shape.rank() : axis);
  }

  /** Slices along an axis, by their positions. */
  static Tensor take(Tensor x, int axis, int[] positions) {
    Shape shape = x.shape();
    List<Integer> dims = new ArrayList<>(shape.dims());
    dims.set(axis, positions.length);
    TensorType type = new TensorType(x.dtype(), new Shape(dims));
    MemorySegment out = MemorySegment.ofArray(new byte[Math.toIntExact(type.bytes())]);
    long block = shape.product(axis + 1, shape.rank()) * x.dtype().bytes();
    long to = 0;
    for (long outer = 0; outer < shape.product(0, axis); outer++) {
      for (int position : positions) {
        long from = (outer * shape.dim(axis) + position) * block;
        MemorySegment.copy(x.data(), from, out, to, block);
        to += block;
      }
    }
    return new Tensor(type, out);
  }

  static Tensor input(OnnxNode node, List<@Nullable Tensor> in, int i) {
    Tensor tensor = i < in.size() ? in.get(i) : null;
    if (tensor == null) {
      throw node.bad("input " + i + " is missing");
    }
    return tensor;
  }

  static int count(OnnxNode node, Tensor x) {
    if (x.shape().elements() > Integer.MAX_VALUE) {
      throw node.bad("too large: " + x.type());
    }
    return (int) x.shape().elements();
  }
}
