package dev.tilewright.op;

import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.View;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Walks over lines of several tensors at once. */
final class Lines {
  private Lines() {}

  /**
   * The first elements of all lines; the tensors may differ in the size of the axis. No lines where
   * another axis is empty.
   */
  static Nest across(View out, View x, int axis) {
    List<Integer> dims = new ArrayList<>(x.shape().dims());
    dims.set(axis, 1);
    return new Nest(new Shape(dims), out.strides(), x.strides());
  }

  /**
   * The rows of a matrix product with leading dimensions that broadcast: of the result and of its
   * left side, the matrix that each row of the left meets, and first elements of what else has one
   * value a row or fewer.
   */
  static Nest ofProduct(View out, View left, View right, View... others) {
    Shape shape = out.shape();
    int last = shape.rank() - 1;
    long[][] strides = new long[3 + others.length][];
    strides[0] = Arrays.copyOf(out.strides(), last);
    strides[1] = Arrays.copyOf(left.strides(shape), last);
    strides[2] = Arrays.copyOf(right.strides(shape), last);
    strides[2][last - 1] = 0; // every row of the left meets the same matrix
    for (int i = 0; i < others.length; i++) {
      strides[3 + i] = Arrays.copyOf(others[i].strides(shape), last);
    }
    return new Nest(new Shape(shape.dims().subList(0, last)), strides);
  }
}
