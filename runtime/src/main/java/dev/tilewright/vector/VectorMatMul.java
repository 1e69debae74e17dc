package dev.tilewright.vector;

import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.op.OpProblem;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.View;
import dev.tilewright.vector.Nest.Loop;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Product of matrices that are both computed at run time, batched, leading dimensions broadcast. a:
 * [M, K], b: [K, N], dst: [M, N], row major.
 *
 * <p>A unit is a block of up to {@value #ROWS} rows by two vectors of columns: the worker packs the
 * columns of b into a panel [K][2 LENGTH], zeros behind the last column, and runs {@link
 * MatMulTile} down the rows. Blocks narrower than the panel go through a tile in the workspace.
 */
final class VectorMatMul implements Kernel {
  /** Rows that share a packed panel: packing is then at most 3 % of the work. */
  private static final int ROWS = 96;

  private final int m;
  private final int k;
  private final int n;

  private VectorMatMul(int m, int k, int n) {
    this.m = m;
    this.k = k;
    this.n = n;
  }

  static Optional<Kernel> of(OpProblem problem) {
    Shape a = problem.in().getFirst().shape();
    Shape out = problem.out().getFirst().shape();
    return out.elements() == 0 || a.dim(-1) == 0
        ? Optional.empty()
        : Optional.of(new VectorMatMul(out.dim(-2), a.dim(-1), out.dim(-1)));
  }

  @Override
  public boolean acceptsStridedRows() {
    return true;
  }

  /** The panel, then a tile of dst. */
  @Override
  public long workspaceBytes() {
    return (long) (k + MatMulTile.ROWS) * MatMulTile.PANEL_BYTES;
  }

  @Override
  public Task bind(Operands operands) {
    View a = operands.in().get(0);
    View b = operands.in().get(1);
    View dst = operands.out().getFirst();
    Loop[] batches = batches(a, b, dst).toArray(Loop[]::new);
    int panels = Math.ceilDiv(n, MatMulTile.COLUMNS);
    int bands = Math.ceilDiv(m, ROWS);
    long matrices = Odometer.size(batches);
    // 25 GB/s against 100 GFLOP/s: a multiply-add takes as long as moving half a byte.
    long work = (long) k * MatMulTile.COLUMNS * (Math.min(m, ROWS) / 2 + 4);
    return new UnitTask(matrices * bands * panels, work) {
      @Override
      void units(long from, long to, int worker) {
        long panel = operands.workspace(worker);
        for (long unit = from; unit < to; unit++) {
          long matrix = unit / panels / bands;
          int first = (int) (unit / panels % bands) * ROWS;
          int column = (int) (unit % panels) * MatMulTile.COLUMNS;
          long x = a.address() + Odometer.offset(batches, matrix, 1) + first * 4L * a.rowStride();
          long y = b.address() + Odometer.offset(batches, matrix, 2) + 4L * column;
          long z = dst.address() + Odometer.offset(batches, matrix, 0);
          z += first * 4L * dst.rowStride() + 4L * column;
          int width = Math.min(MatMulTile.COLUMNS, n - column);
          pack(y, 4 * b.rowStride(), panel, width);
          int rows = Math.min(ROWS, m - first);
          multiply(x, 4 * a.rowStride(), panel, z, 4 * dst.rowStride(), rows, width);
        }
      }
    };
  }

  /** Operands: dst, a, b. */
  private static List<Loop> batches(View a, View b, View dst) {
    Shape shape = dst.shape();
    long[] sd = Nest.steps(dst);
    long[] sa = Nest.steps(a, shape);
    long[] sb = Nest.steps(b, shape);
    List<Loop> loops = new ArrayList<>();
    for (int i = 0; i < shape.rank() - 2; i++) {
      loops.add(new Loop(shape.dim(i), sd[i], sa[i], sb[i]));
    }
    return Nest.merge(loops);
  }

  private void pack(long b, long ldb, long panel, int width) {
    if (width == MatMulTile.COLUMNS) {
      for (int i = 0; i < k; i++) {
        long to = panel + (long) i * MatMulTile.PANEL_BYTES;
        Lanes.store(Lanes.load(b + i * ldb), to);
        Lanes.store(Lanes.load(b + i * ldb + Lanes.BYTES), to + Lanes.BYTES);
      }
      return;
    }
    for (int i = 0; i < k; i++) {
      long to = panel + (long) i * MatMulTile.PANEL_BYTES;
      for (int j = 0; j < MatMulTile.COLUMNS; j++) {
        Lanes.set(to + 4L * j, j < width ? Lanes.get(b + i * ldb + 4L * j) : 0);
      }
    }
  }

  private void multiply(long a, long lda, long panel, long dst, long ldd, int rows, int width) {
    long tile = panel + (long) k * MatMulTile.PANEL_BYTES;
    boolean whole = width == MatMulTile.COLUMNS;
    int height = rows < MatMulTile.ROWS ? 1 : MatMulTile.ROWS;
    for (int r = 0; r < rows; r += height) {
      // The last tile reaches back over rows that are done rather than be a smaller one.
      int row = Math.min(r, rows - height);
      long to = whole ? dst + row * ldd : tile;
      long step = whole ? ldd : MatMulTile.PANEL_BYTES;
      boolean narrow = width <= Lanes.LENGTH;
      if (height == 1) {
        MatMulTile.row(a + row * lda, panel, to, k);
      } else if (narrow) {
        MatMulTile.narrow(a + row * lda, lda, panel, to, step, k);
      } else {
        MatMulTile.wide(a + row * lda, lda, panel, to, step, k);
      }
      if (!whole) {
        for (int i = 0; i < height; i++) {
          unpack(tile + (long) i * MatMulTile.PANEL_BYTES, dst + (row + i) * ldd, width);
        }
      }
    }
  }

  private static void unpack(long tile, long dst, int width) {
    if (width >= Lanes.LENGTH) {
      Lanes.store(Lanes.load(tile), dst);
      long last = 4L * (width - Lanes.LENGTH);
      Lanes.store(Lanes.load(tile + last), dst + last);
      return;
    }
    for (int j = 0; j < width; j++) {
      Lanes.set(dst + 4L * j, Lanes.get(tile + 4L * j));
    }
  }
}
