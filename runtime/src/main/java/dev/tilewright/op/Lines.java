package dev.tilewright.op;

import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.View;
import java.util.ArrayList;
import java.util.List;

/** Walks over the lines of two tensors along an axis. */
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
}
