package dev.tilewright.vector;

import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.tensor.View;
import jdk.incubator.vector.FloatVector;

/**
 * Maximum over large windows of stride and dilation 1, separably: along rows into the workspace,
 * then along columns. A 13x13 window costs 26 comparisons instead of 169.
 *
 * <p>A unit is one vector of channels of a band of output rows; the workspace holds its rows, [band
 * + halo][OW][LENGTH].
 */
record RunningMax(PoolAxis rows, PoolAxis columns) implements Kernel {
  /**
   * From 5x5 on two passes win over one: 10 + 2 accesses against 25 (per tap a load is the cost).
   */
  static final int MIN_KERNEL = 5;

  /** Output rows of a band: as many again are computed for the halo of a 13x13 window. */
  private static final int BAND = 16;

  @Override
  public boolean acceptsStridedRows() {
    return true;
  }

  @Override
  public long workspaceBytes() {
    int height = Math.min(rows.in(), BAND + rows.kernel() - 1);
    return (long) height * columns.out() * Lanes.BYTES;
  }

  @Override
  public Task bind(Operands operands) {
    View src = operands.in().getFirst();
    View dst = operands.out().getFirst();
    int channels = src.columns();
    int vectors = Lanes.cover(channels);
    int bands = Math.ceilDiv(rows.out(), BAND);
    long work = (long) Math.min(rows.out(), BAND) * columns.out() * Lanes.BYTES;
    return new UnitTask(
        (long) src.shape().dim(0) * bands * vectors, work * (rows.kernel() + columns.kernel())) {
      @Override
      void units(long from, long to, int worker) {
        for (long unit = from; unit < to; unit++) {
          long c = Math.min(unit % vectors * Lanes.LENGTH, channels - Lanes.LENGTH);
          int band = (int) (unit / vectors % bands);
          long image = unit / vectors / bands;
          band(src, dst, image, band * BAND, 4 * c, operands.workspace(worker));
        }
      }
    };
  }

  private void band(View src, View dst, long image, int firstRow, long channel, long workspace) {
    int lastRow = Math.min(firstRow + BAND, rows.out()) - 1;
    int top = rows.first(firstRow);
    int bottom = rows.first(lastRow) + rows.count(lastRow) - 1;
    long pixel = 4 * src.rowStride();
    long line = (long) columns.out() * Lanes.BYTES;
    for (int h = top; h <= bottom; h++) {
      long from = src.address() + (image * rows.in() + h) * columns.in() * pixel + channel;
      long to = workspace + (h - top) * line;
      for (int ow = 0; ow < columns.out(); ow++) {
        long first = from + columns.first(ow) * pixel;
        max(first, pixel, columns.count(ow), to + (long) ow * Lanes.BYTES);
      }
    }
    long ldd = 4 * dst.rowStride();
    for (int oh = firstRow; oh <= lastRow; oh++) {
      long from = workspace + (rows.first(oh) - top) * line;
      long to = dst.address() + (image * rows.out() + oh) * columns.out() * ldd + channel;
      for (int ow = 0; ow < columns.out(); ow++) {
        long first = from + (long) ow * Lanes.BYTES;
        max(first, line, rows.count(oh), to + ow * ldd);
      }
    }
  }

  private static void max(long src, long step, int taps, long dst) {
    FloatVector max = Lanes.load(src);
    for (int t = 1; t < taps; t++) {
      max = max.max(Lanes.load(src + t * step));
    }
    Lanes.store(max, dst);
  }
}
