package dev.tilewright.op;

import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.View;

/**
 * The same elements in the same order elsewhere: Reshape where it cannot be a view.
 *
 * <p>Both tensors are seen as [rows, pieces, piece], where a piece is the shorter of the two rows;
 * rows may be strided if the longer is a multiple of it.
 */
final class Copy implements Kernel {
  private final boolean rowsNest;

  Copy(Shape from, Shape to) {
    int longer = Math.max(from.last(), to.last());
    int shorter = Math.min(from.last(), to.last());
    rowsNest = shorter > 0 && longer % shorter == 0;
  }

  @Override
  public boolean acceptsStridedRows() {
    return rowsNest;
  }

  @Override
  public Task bind(Operands operands) {
    View from = operands.in().getFirst();
    View to = operands.out().getFirst();
    int bytes = to.type().dtype().bytes();
    long elements = to.shape().elements();
    if (from.isDense() && to.isDense()) {
      return new Split(
          elements,
          1 << 14,
          (first, end, worker) ->
              Elements.copy(
                  bytes,
                  to.address() + first * bytes,
                  bytes,
                  from.address() + first * bytes,
                  bytes,
                  end - first));
    }
    int longer = Math.max(from.columns(), to.columns());
    int piece = Math.min(from.columns(), to.columns());
    Shape domain = Shape.of(Math.toIntExact(elements / longer), longer / piece, piece);
    return Move.task(
        domain,
        bytes,
        to.address(),
        strides(to, longer / piece, piece),
        from.address(),
        strides(from, longer / piece, piece));
  }

  private static long[] strides(View view, int pieces, int piece) {
    long bytes = view.type().dtype().bytes();
    long row = view.rowStride() * bytes;
    return view.columns() == piece
        ? new long[] {row * pieces, row, bytes}
        : new long[] {row, piece * bytes, bytes};
  }
}
