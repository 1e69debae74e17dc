package dev.tilewright.op;

import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.tensor.View;

/**
 * [..., M, K] x [..., K, N] with leading dimensions that broadcast, summed in double. An item is
 * one row of the result. Workspace: the sums of a row, 8 bytes each.
 *
 * @param n columns of the result
 */
record MatMul(int n) implements Kernel {
  @Override
  public long workspaceBytes() {
    return (long) n * Double.BYTES;
  }

  @Override
  public boolean acceptsStridedRows() {
    return true;
  }

  @Override
  public Task bind(Operands operands) {
    View a = operands.in().get(0);
    View b = operands.in().get(1);
    View out = operands.out().getFirst();
    int k = a.columns();
    Nest rows = Lines.ofProduct(out, a, b);
    long bRow = Float.BYTES * b.rowStride();
    return Split.byCost(
        rows.elements(),
        (long) k * n,
        (from, to, worker) -> {
          long sums = operands.workspace(worker);
          for (long row = from; row < to; row++) {
            long left = a.address() + rows.offset(1, row);
            long right = b.address() + rows.offset(2, row);
            Sums.fill(sums, n, 0);
            for (long i = 0; i < k; i++) {
              Sums.addScaled(
                  sums, n, Elements.getFloat(left + 4 * i), right + i * bRow, Float.BYTES);
            }
            Sums.store(out.address() + rows.offset(0, row), sums, n, 1);
          }
        });
  }
}
