package dev.tilewright.vector;

import dev.tilewright.conv.Activation;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.op.OpProblem;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.View;
import dev.tilewright.vector.Nest.Loop;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Product of matrices that are both computed at run time, batched, leading dimensions broadcast. a:
 * [M, K], b: [K, N], dst: [M, N], row major.
 *
 * <p>A unit is a band of rows by a panel of columns: the worker packs the columns of b as {@link
 * Panels} of the convolutions are, unless they lie that way already, and runs their {@link
 * GemmTile} down the rows.
 */
final class VectorMatMul implements Kernel {
  /** Least rows that share a packed panel, of more: packing is then at most 3 % of the work. */
  private static final int BAND = 96;

  /** Panels of all matrices that are enough for any number of threads without cutting rows. */
  private static final int PLENTY = 64;

  private final int m;
  private final Panels panels;

  /** Rows of a tile. */
  private final int mr;

  private final GemmTile tile;
  private final RowKernel copy;

  private VectorMatMul(int m, Panels panels, int mr) {
    this.m = m;
    this.panels = panels;
    this.mr = mr;
    tile =
        GemmTiles.get(
            new GemmTiles.Spec(
                mr,
                1,
                panels.nv(),
                null,
                GemmTiles.Factors.ADJACENT,
                false,
                Activation.none(),
                panels.masked()));
    copy = RowKernel.of(Activation.none(), panels.columns());
  }

  static Optional<Kernel> of(OpProblem problem) {
    Shape a = problem.in().getFirst().shape();
    Shape out = problem.out().getFirst().shape();
    if (out.elements() == 0 || a.dim(-1) == 0) {
      return Optional.empty();
    }
    int m = out.dim(-2);
    Panels vectors = new Panels(1, out.dim(-1), a.dim(-1), 1);
    MicroTile best =
        Stream.of(MicroTile.candidates())
            .filter(t -> t.mr() <= m && t.nv() <= vectors.vectors())
            .min(Comparator.comparingDouble(t -> time(m, vectors, t)))
            .orElseThrow();
    Panels panels = new Panels(1, out.dim(-1), a.dim(-1), best.nv());
    return Optional.of(new VectorMatMul(m, panels, best.mr()));
  }

  /** In multiply-adds at the peak, per row of b. */
  private static double time(int m, Panels vectors, MicroTile tile) {
    double rows = Math.ceilDiv(m, tile.mr()) * (double) tile.mr();
    double columns = Math.ceilDiv(vectors.vectors(), tile.nv()) * (double) tile.nv();
    return rows * columns / tile.efficiency(vectors.depth());
  }

  @Override
  public boolean acceptsStridedRows() {
    return true;
  }

  /** A packed panel. */
  @Override
  public long workspaceBytes() {
    return panels.depth() * panelRow();
  }

  /** Bytes of a row of a packed panel. */
  private long panelRow() {
    return (long) panels.nv() * Lanes.BYTES;
  }

  @Override
  public Task bind(Operands operands) {
    View a = operands.in().get(0);
    View b = operands.in().get(1);
    View dst = operands.out().getFirst();
    long lda = 4 * a.rowStride();
    long ldb = 4 * b.rowStride();
    long ldd = 4 * dst.rowStride();
    long zeros = operands.arena().allocate(panelRow(), 64).address();
    boolean packed = ldb == panelRow() && 4L * panels.columns() == ldb;
    Loop[] batches = batches(a, b, dst).toArray(Loop[]::new);
    int independent = panels.independent();
    boolean plenty = Odometer.size(batches) * independent >= PLENTY;
    int bands = plenty ? 1 : Math.max(1, m / BAND);
    // 25 GB/s against 100 GFLOP/s: a multiply-add takes as long as moving half a byte.
    long work = panels.depth() * panelRow() / 4 * (m / bands / 2 + 4L);
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
              pack(y + columns, ldb, filter);
            }
            for (int r = first; r < end; r += mr) {
              // The last tile reaches back over rows that are done rather than be a smaller one.
              int row = Math.min(r, end - mr);
              long in = x + row * lda;
              long out = z + row * ldd + columns;
              tile.run(
                  in, lda, lda, 0, panels.depth(), filter, zeros, out, ldd, out, 0, panels.last());
            }
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

  /** What a masked panel holds behind its columns reaches no result. */
  private void pack(long b, long ldb, long to) {
    int k = panels.depth();
    long last = panels.last();
    if (panels.masked()) {
      copy.map(b, ldb, to, panelRow(), k, panels.columns());
    } else if (last == panelRow() - Lanes.BYTES) {
      copy.map(b, ldb, to, panelRow(), k, panelRow() / 4);
    } else {
      copy.map(b, ldb, to, panelRow(), k, panelRow() / 4 - Lanes.LENGTH);
      copy.map(b + last, ldb, to + panelRow() - Lanes.BYTES, panelRow(), k, Lanes.LENGTH);
    }
  }
}
