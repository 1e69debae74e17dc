package dev.tilewright.op;

import dev.tilewright.graph.ShapeException;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;

/** Indices as a model gives them: negative ones count from the end. */
final class Positions {
  private Positions() {}

  /**
   * The position of an index in an axis.
   *
   * @throws ShapeException if it is outside [-size, size)
   */
  static long inside(long index, int axis, int size) {
    long positive = index < 0 ? index + size : index;
    if (positive < 0 || positive >= size) {
      throw new ShapeException(
          "index " + index + " is outside axis " + axis + " of " + size + " elements");
    }
    return positive;
  }

  /**
   * The number of the part of a tensor that a row of coordinates names.
   *
   * @param row address of its {@code depth} coordinates, INT64
   * @param first axis that they count in
   */
  static long part(long row, int depth, Shape shape, int first) {
    long part = 0;
    for (int axis = first; axis < first + depth; axis++) {
      long index = Elements.getLong(DType.INT64, row + (long) (axis - first) * Long.BYTES);
      part = part * shape.dim(axis) + inside(index, axis, shape.dim(axis));
    }
    return part;
  }
}
