package dev.tilewright.op;

import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.View;
import java.util.List;
import java.util.Optional;

/**
 * A tensor as operators along neighbouring axes see it: [outer, along, inner].
 *
 * @param outer elements of the dimensions before the axes
 * @param along elements of the axes
 * @param inner elements of the dimensions behind them
 * @param innerIsRow whether {@code inner} counts exactly the elements of a row, so that rows may be
 *     strided
 */
public record AxisGeometry(long outer, long along, long inner, boolean innerIsRow) {
  /** Of one axis. */
  public static AxisGeometry of(Shape shape, int axis) {
    return of(shape, axis, axis);
  }

  /**
   * Of several axes in any order; empty if they do not follow each other, or if they or the
   * elements are none.
   */
  public static Optional<AxisGeometry> of(Shape shape, List<Integer> axes) {
    List<Integer> sorted = axes.stream().distinct().sorted().toList();
    return sorted.isEmpty()
            || sorted.getLast() - sorted.getFirst() != sorted.size() - 1
            || shape.elements() == 0
        ? Optional.empty()
        : Optional.of(of(shape, sorted.getFirst(), sorted.getLast()));
  }

  private static AxisGeometry of(Shape shape, int first, int last) {
    return new AxisGeometry(
        shape.product(0, first),
        shape.product(first, last + 1),
        shape.product(last + 1, shape.rank()),
        last == shape.rank() - 2);
  }

  /** Bytes from one step along the axes to the next, in a tensor of floats. */
  public long step(View view) {
    return 4 * (innerIsRow ? view.rowStride() : inner);
  }
}
