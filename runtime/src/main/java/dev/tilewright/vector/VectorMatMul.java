package dev.tilewright.vector;

import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.op.OpProblem;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.View;
import dev.tilewright.vector.Nest.Loop;
import java.util.List;
import java.util.Optional;

/**
 * Product of matrices that are both computed at run time, batched, leading dimensions broadcast. a:
 * [M, K], b: [K, N], dst: [M, N], row major.
 *
 * <p>A unit is a band of rows by a panel of columns, which are packed unless they lie that way
 * already.
 */
final class VectorMatMul implements Kernel {
  /** Least rows that share a packed panel, of more: packing is then at most 3 % of the work. */
  private static final int BAND = 96;

  /** Panels of all matrices that are enough for any number of threads without cutting rows. */
  private static final int PLENTY = 64;

  private final int m;
  private final PackedProduct product;

  private VectorMatMul(int m, PackedProduct product) {
    this.m = m;
    this.product = product;
  }

  static Optional<Kernel> of(OpProblem problem) {
    Shape a = problem.in().getFirst().shape();
    Shape out = problem.out().getFirst().shape();
    if (out.elements() == 0 || a.dim(-1) == 0) {
      return Optional.empty();
    }
    int m = out.dim(-2);
    return Optional.of(new VectorMatMul(m, PackedProduct.of(m, out.dim(-1), a.dim(-1))));
  }

  @Override
  public boolean acceptsStridedRows() {
    return true;
  }

  /** A packed panel. */
  @Override
  public long workspaceBytes() {
    return product.panelBytes();
  }

  @Override
  public Task bind(Operands operands) {
    View a = operands.in().get(0);
    View b = operands.in().get(1);
    View dst = operands.out().getFirst();
    long lda = 4 * a.rowStride();
    long ldb = 4 * b.rowStride();
    long ldd = 4 * dst.rowStride();
    Panels panels = product.panels();
    long zeros = operands.arena().allocate(product.panelRow(), 64).address();
    boolean packed = ldb == product.panelRow() && 4L * panels.columns() == ldb;
    Loop[] batches = batches(a, b, dst).toArray(Loop[]::new);
    int independent = panels.independent();
    boolean plenty = Odometer.size(batches) * independent >= PLENTY;
    int bands = plenty ? 1 : Math.max(1, m / BAND);
    // 25 GB/s against 100 GFLOP/s: a multiply-add takes as long as moving half a byte.
    long work = product.panelBytes() / 4 * (m / bands / 2 + 4L);
    return new UnitTask(Odometer.size(batches) * bands * independent, work) {
      @Override
      void units(long from, long to, int worker) {
        for (long unit = from; unit < to; unit++) {
          long matrix = unit / independent / bands;
          long band = unit / independent % bands;
          int panel = (int) (unit % independent);
          int first = (int) (m * band / bands);
          int end = (int) (m * (band + 1) / bands);
          long x = a.address() + Odometer.offset(batches, matrix, 1);
          long y = b.address() + Odometer.offset(batches, matrix, 2);
          long z = dst.address() + Odometer.offset(batches, matrix, 0);
          // The last panel shares columns with the one before.
          int endPanel = panel == independent - 1 ? panels.count() : panel + 1;
          for (; panel < endPanel; panel++) {
            long columns = 4L * panels.column(panel);
            long filter = packed ? y : operands.workspace(worker);
            if (!packed) {
              product.pack(y + columns, ldb, filter);
            }
            long out = z + first * ldd + columns;
            product.rows(x + first * lda, lda, end - first, filter, zeros, out, ldd);
          }
        }
      }
    };
  }

  /** Operands: dst, a, b. */
  private static List<Loop> batches(View a, View b, View dst) {
    Shape shape = dst.shape();
    return Nest.over(
        shape.dims().subList(0, shape.rank() - 2),
        List.of(dst.strides(), a.strides(shape), b.strides(shape)));
  }
}
