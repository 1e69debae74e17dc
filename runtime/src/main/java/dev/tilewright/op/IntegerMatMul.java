package dev.tilewright.op;

import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.View;

/**
 * [..., M, K] of 8-bit values times [..., N, K] int32, transposed, summed in int32; leading
 * dimensions broadcast. An item is one row of the result. Workspace: a row of the left side, int32
 * less its zero point.
 *
 * @param k length of the sums
 * @param n columns of the result
 */
record IntegerMatMul(int k, int n) implements Kernel {
  @Override
  public long workspaceBytes() {
    return (long) k * Integer.BYTES;
  }

  @Override
  public Task bind(Operands operands) {
    View a = operands.in().get(0);
    View zero = operands.in().get(1);
    View b = operands.in().get(2);
    View out = operands.out().getFirst();
    DType type = a.type().dtype();
    Nest rows = Lines.ofProduct(out, a, b, zero);
    return Split.byCost(
        rows.elements(),
        (long) k * n,
        (from, to, worker) -> {
          long left = operands.workspace(worker);
          for (long row = from; row < to; row++) {
            int zeroPoint = (int) Elements.getLong(type, zero.address() + rows.offset(3, row));
            IntegerDot.widen(type, left, a.address() + rows.offset(1, row), k, zeroPoint);
            long right = b.address() + rows.offset(2, row);
            long dst = out.address() + rows.offset(0, row);
            for (int j = 0; j < n; j++) {
              IntegerDot.set(dst + 4L * j, IntegerDot.dot(left, right + 4L * j * k, k));
            }
          }
        });
  }
}
