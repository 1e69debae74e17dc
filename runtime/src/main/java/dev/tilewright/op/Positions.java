package dev.tilewright.op;

import dev.tilewright.graph.ShapeException;

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
}
