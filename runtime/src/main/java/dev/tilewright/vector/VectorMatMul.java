package dev.tilewright.vector;

import dev.tilewright.conv.Activation;
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
 * columns of b into a panel [K][2 LENGTH], zeros behind the last column, and runs the {@link
 * GemmTile} of the convolutions down the rows. Blocks narrower than the panel go through a tile in
 * the workspace; those no wider than a vector have a panel of one.
 */
final class VectorMatMul implements Kernel {
  /** Rows that share a packed panel: packing is then at most 3 % of the work. */
  private static final int ROWS = 96;

  /** Rows of a tile: by two vectors enough accumulators to hide the latency, in 16 registers. */
  private static final int TILE = 6;

  private static final int COLUMNS = 2 * Lanes.LENGTH;
  private static final int PANEL_BYTES = 4 * COLUMNS;

  private final int m;
  private final int k;
  private final int n;

  /** Rows of the tiles: one if there are fewer than in a whole tile. */
  private final int height;

  /** Of one vector, for the last columns, and of two. */
  private final GemmTile[] tiles = new GemmTile[2];

  /** Copies rows of the columns of each. */
  private final RowKernel[] copies = new RowKernel[2];

  private VectorMatMul(int m, int k, int n) {
    this.m = m;
    this.k = k;
    this.n = n;
    height = m < TILE ? 1 : TILE;
    for (int column = 0; column < n; column += COLUMNS) {
      int width = Math.min(COLUMNS, n - column);
      int vectors = vectors(width);
      copies[vectors - 1] = RowKernel.of(Activation.none(), width);
      tiles[vectors - 1] =
          GemmTiles.get(
              new GemmTiles.Spec(height, 1, vectors, null, true, false, Activation.none(), false));
    }
  }

  private static int vectors(int width) {
    return width <= Lanes.LENGTH ? 1 : 2;
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
    return (long) (k + TILE) * PANEL_BYTES;
  }

  @Override
  public Task bind(Operands operands) {
    View a = operands.in().get(0);
    View b = operands.in().get(1);
    View dst = operands.out().getFirst();
    long lda = 4 * a.rowStride();
    long zeros = operands.arena().allocate(PANEL_BYTES, 64).address();
    Loop[] batches = batches(a, b, dst).toArray(Loop[]::new);
    int panels = Math.ceilDiv(n, COLUMNS);
    int bands = Math.ceilDiv(m, ROWS);
    long matrices = Odometer.size(batches);
    // 25 GB/s against 100 GFLOP/s: a multiply-add takes as long as moving half a byte.
    long work = (long) k * COLUMNS * (Math.min(m, ROWS) / 2 + 4);
    return new UnitTask(matrices * bands * panels, work) {
      @Override
      void units(long from, long to, int worker) {
        long panel = operands.workspace(worker);
        for (long unit = from; unit < to; unit++) {
          long matrix = unit / panels / bands;
          int first = (int) (unit / panels % bands) * ROWS;
          int column = (int) (unit % panels) * COLUMNS;
          long x = a.address() + Odometer.offset(batches, matrix, 1) + first * 4L * a.rowStride();
          long y = b.address() + Odometer.offset(batches, matrix, 2) + 4L * column;
          long z = dst.address() + Odometer.offset(batches, matrix, 0);
          z += first * 4L * dst.rowStride() + 4L * column;
          int width = Math.min(COLUMNS, n - column);
          pack(y, 4 * b.rowStride(), panel, width);
          int rows = Math.min(ROWS, m - first);
          for (int r = 0; r < rows; r += height) {
            // The last tile reaches back over rows that are done rather than be a smaller one.
            int row = Math.min(r, rows - height);
            long in = x + row * 4L * a.rowStride();
            long out = z + row * 4L * dst.rowStride();
            multiply(in, lda, zeros, panel, out, 4 * dst.rowStride(), width);
          }
        }
      }
    };
  }

  /** Operands: dst, a, b. */
  private static List<Loop> batches(View a, View b, View dst) {
    Shape shape = dst.shape();
    long[] sd = dst.strides();
    long[] sa = a.strides(shape);
    long[] sb = b.strides(shape);
    List<Loop> loops = new ArrayList<>();
    for (int i = 0; i < shape.rank() - 2; i++) {
      loops.add(new Loop(shape.dim(i), sd[i], sa[i], sb[i]));
    }
    return Nest.merge(loops);
  }

  private void pack(long b, long ldb, long panel, int width) {
    long step = (long) vectors(width) * Lanes.BYTES;
    copies[vectors(width) - 1].map(b, ldb, panel, step, k, width);
    for (long j = 4L * width; j < step; j += 4) {
      for (int i = 0; i < k; i++) {
        Lanes.set(panel + i * step + j, 0);
      }
    }
  }

  private void multiply(long a, long lda, long zeros, long panel, long dst, long ldd, int width) {
    int vectors = vectors(width);
    boolean whole = width == vectors * Lanes.LENGTH;
    long tile = panel + (long) k * PANEL_BYTES;
    long to = whole ? dst : tile;
    long step = whole ? ldd : PANEL_BYTES;
    long last = (vectors - 1L) * Lanes.BYTES;
    tiles[vectors - 1].run(a, lda, lda, 0, k, panel, zeros, to, step, to, 0, last);
    if (!whole) {
      copies[vectors - 1].map(tile, PANEL_BYTES, dst, ldd, height, width);
    }
  }
}
