package dev.tilewright.vector;

import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.PoolKind;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.op.OpProblem;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.View;
import java.util.Optional;
import jdk.incubator.vector.FloatVector;

/**
 * Pooling of [N, H, W, C] with vectors over channels.
 *
 * <p>The taps of a window that lie inside the image form a rectangle, and only its size and its
 * corner change from pixel to pixel: a table of byte offsets for each size makes every window one
 * loop without a test, at the edges too.
 */
final class VectorPool implements Kernel {
  private final Op.Pool pool;
  private final PoolAxis rows;
  private final PoolAxis columns;

  private VectorPool(Op.Pool pool, PoolAxis rows, PoolAxis columns) {
    this.pool = pool;
    this.rows = rows;
    this.columns = columns;
  }

  static Optional<Kernel> of(OpProblem problem, Op.Pool pool) {
    Shape src = problem.in().getFirst().shape();
    PoolAxis rows = PoolAxis.vertical(pool, src.dim(1));
    PoolAxis columns = PoolAxis.horizontal(pool, src.dim(2));
    if (src.dim(3) < Lanes.LENGTH
        || problem.out().getFirst().shape().elements() == 0
        || rows.hasEmpty()
        || columns.hasEmpty()) {
      return Optional.empty();
    }
    boolean separable =
        pool.kind() == PoolKind.MAX
            && Math.min(rows.kernel(), columns.kernel()) >= RunningMax.MIN_KERNEL
            && rows.stride() == 1
            && columns.stride() == 1
            && rows.dilation() == 1
            && columns.dilation() == 1;
    return Optional.of(
        separable ? new RunningMax(rows, columns) : new VectorPool(pool, rows, columns));
  }

  @Override
  public boolean acceptsStridedRows() {
    return true;
  }

  @Override
  public Task bind(Operands operands) {
    View src = operands.in().getFirst();
    View dst = operands.out().getFirst();
    return new Rows(src, dst);
  }

  /** A unit is a row of the output. */
  private final class Rows extends UnitTask {
    private final long src;
    private final long dst;
    private final long pixel;
    private final long line;
    private final long image;
    private final long ldd;
    private final int channels;

    /** Offsets of a window of i x j taps inside the image from its first one, at [i * span + j]. */
    private final long[][] taps;

    private final int span = columns.kernel() + 1;

    Rows(View src, View dst) {
      super(
          (long) dst.shape().dim(0) * rows.out(),
          4L * columns.out() * src.columns() * (1 + rows.kernel() * columns.kernel()));
      this.src = src.address();
      this.dst = dst.address();
      this.pixel = 4 * src.rowStride();
      this.line = pixel * columns.in();
      this.image = line * rows.in();
      this.ldd = 4 * dst.rowStride();
      this.channels = src.columns();
      this.taps = new long[(rows.kernel() + 1) * span][];
      for (int oh = 0; oh < rows.out(); oh++) {
        for (int ow = 0; ow < columns.out(); ow++) {
          int key = rows.count(oh) * span + columns.count(ow);
          if (taps[key] == null) {
            taps[key] = offsets(rows.count(oh), columns.count(ow));
          }
        }
      }
    }

    private long[] offsets(int height, int width) {
      long[] offsets = new long[height * width];
      for (int i = 0; i < offsets.length; i++) {
        offsets[i] =
            line * rows.dilation() * (i / width) + pixel * columns.dilation() * (i % width);
      }
      return offsets;
    }

    @Override
    void units(long from, long to, int worker) {
      for (long unit = from; unit < to; unit++) {
        int oh = (int) (unit % rows.out());
        long row = src + unit / rows.out() * image + rows.first(oh) * line;
        for (int ow = 0; ow < columns.out(); ow++) {
          long[] window = taps[rows.count(oh) * span + columns.count(ow)];
          long corner = row + columns.first(ow) * pixel;
          long to1 = dst + (unit * columns.out() + ow) * ldd;
          if (pool.kind() == PoolKind.MAX) {
            max(corner, window, to1, channels);
          } else {
            float cells = rows.cells(oh, pool.countPad()) * columns.cells(ow, pool.countPad());
            average(corner, window, to1, channels, cells);
          }
        }
      }
    }
  }

  private static void max(long corner, long[] taps, long dst, int channels) {
    long end = (channels - Lanes.LENGTH) * 4L;
    int pairs = (Lanes.cover(channels) + 1) / 2;
    for (int i = 0; i < pairs; i++) {
      long p = Math.min(i * 2L * Lanes.BYTES, end);
      long q = Math.min(p + Lanes.BYTES, end);
      FloatVector a = Lanes.load(corner + p);
      FloatVector b = Lanes.load(corner + q);
      for (int t = 1; t < taps.length; t++) {
        a = a.max(Lanes.load(corner + taps[t] + p));
        b = b.max(Lanes.load(corner + taps[t] + q));
      }
      Lanes.store(a, dst + p);
      Lanes.store(b, dst + q);
    }
  }

  /** Even and odd taps are added apart, which halves the length of the chain and of the error. */
  private static void average(long corner, long[] taps, long dst, int channels, float cells) {
    long end = (channels - Lanes.LENGTH) * 4L;
    int vectors = Lanes.cover(channels);
    for (int i = 0; i < vectors; i++) {
      long p = Math.min((long) i * Lanes.BYTES, end);
      FloatVector even = Lanes.broadcast(0);
      FloatVector odd = even;
      int pairs = taps.length / 2;
      if (taps.length % 2 != 0) {
        even = Lanes.load(corner + taps[2 * pairs] + p);
      }
      for (int t = 0; t < pairs; t++) {
        even = even.add(Lanes.load(corner + taps[2 * t] + p));
        odd = odd.add(Lanes.load(corner + taps[2 * t + 1] + p));
      }
      Lanes.store(even.add(odd).div(cells), dst + p);
    }
  }
}
