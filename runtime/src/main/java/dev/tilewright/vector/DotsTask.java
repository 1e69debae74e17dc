package dev.tilewright.vector;

import dev.tilewright.conv.ConvProblem;
import dev.tilewright.conv.ConvShape;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.tensor.View;
import org.jspecify.annotations.Nullable;

/**
 * {@link Dots} bound to memory; parts are runs of output pixels. How a sum is made depends on where
 * its pixel is in a line, not on who computes it with which others.
 */
final class DotsTask implements Task {
  /** Pixels that are worth a part. */
  private static final int PART_PIXELS = 32;

  private final ConvShape s;
  private final DotGeometry geometry;
  private final DotTile one;
  private final DotTile four;
  private final long filter;
  private final long bias;
  private final Dots.@Nullable After after;
  private final Operands operands;
  private final View src;
  private final View dst;
  private final @Nullable View residual;
  private final boolean joined;
  private final int parts;

  DotsTask(
      ConvProblem problem,
      DotTile one,
      DotTile four,
      long filter,
      long bias,
      Dots.@Nullable After after,
      Operands operands) {
    this.s = problem.shape();
    this.geometry = DotGeometry.of(s);
    this.one = one;
    this.four = four;
    this.filter = filter;
    this.bias = bias;
    this.after = after;
    this.operands = operands;
    this.src = operands.in().getFirst();
    this.dst = operands.out().getFirst();
    this.residual = problem.epilogue().residual() ? operands.in().get(1) : null;
    boolean dense = src.rowStride() == s.inChannels() || s.kernel().width() == 1;
    this.joined = geometry.mayJoin() && dense;
    int most = problem.threads() == 1 ? 1 : 4 * problem.threads();
    this.parts = Math.clamp((long) geometry.lines() * geometry.width() / PART_PIXELS, 1, most);
  }

  @Override
  public int parts() {
    return parts;
  }

  @Override
  public void run(int from, int to, int worker) {
    long all = (long) geometry.lines() * geometry.width();
    long end = all * to / parts;
    long sums = operands.workspace(worker);
    long at = all * from / parts;
    while (at < end) {
      int line = (int) (at / geometry.width());
      int x = (int) (at % geometry.width());
      int count = (int) Math.min(end - at, geometry.width() - x);
      line(line, x, x + count, sums);
      activate(at, count);
      at += count;
    }
  }

  private void line(int line, int from, int end, long sums) {
    int x = from;
    while (x < end) {
      boolean together = x + DotTile.PIXELS <= end && geometry.isInner(x, DotTile.PIXELS);
      int pixels = together ? DotTile.PIXELS : 1;
      pixels(line, x, pixels, sums);
      x += pixels;
    }
  }

  /** All outputs of one pixel, or of some neighbours with whole rows of taps. */
  private void pixels(int line, int x, int pixels, long sums) {
    int outputs = s.outChannels() / s.groups();
    int channels = s.inChannels() / s.groups();
    int height = s.out().height();
    int iy = line % height * s.stride().height() - s.pad().top();
    int ix = x * s.stride().width() - s.pad().left();
    int dx = s.dilation().width();
    int columnFrom = 0;
    int columnTo = s.kernel().width();
    if (!geometry.isInner(x, 1)) {
      columnFrom = ix < 0 ? Math.ceilDiv(-ix, dx) : 0;
      columnTo = ix < s.in().width() ? Math.min(columnTo, (s.in().width() - 1 - ix) / dx + 1) : 0;
    }
    int columns = Math.max(0, columnTo - columnFrom);
    int length = joined ? columns * channels : channels;
    int runs = joined ? Math.min(1, columns) : columns;
    long step = 4 * src.rowStride() * s.stride().width();
    DotTile tile = pixels == 1 ? one : four;
    for (int k = 0; k < s.outChannels(); k++) {
      for (int i = 0; i < pixels; i++) {
        Lanes.store(Lanes.broadcast(0), sums + (long) i * Lanes.BYTES);
      }
      for (int fy = 0; fy < s.kernel().height(); fy++) {
        int y = iy + fy * s.dilation().height();
        if (y < 0 || y >= s.in().height()) {
          continue;
        }
        long row = ((long) line / height * s.in().height() + y) * s.in().width() + ix;
        long taps = ((long) k * s.kernel().height() + fy) * s.kernel().width();
        for (int r = columnFrom; r < columnFrom + runs; r++) {
          long from = src.at(row + (long) r * dx, (long) k / outputs * channels);
          long factors = filter + 4 * (taps + r) * channels;
          tile.run(from, step, factors, sums, length / Lanes.LENGTH, length % Lanes.LENGTH);
        }
      }
      finish((long) line * geometry.width() + x, pixels, k, sums);
    }
  }

  /** Adds lanes, bias and residual of some neighbours. */
  private void finish(long pixel, int pixels, int k, long sums) {
    for (int i = 0; i < pixels; i++) {
      long at = sums + (long) i * Lanes.BYTES;
      Lanes.store(Lanes.total(Lanes.load(at)), at);
      float sum = Lanes.get(at) + Lanes.get(bias + 4L * k);
      sum = residual == null ? sum : sum + Lanes.get(residual.at(pixel + i, k));
      Lanes.set(dst.at(pixel + i, k), sum);
    }
  }

  private void activate(long pixel, int count) {
    if (after == null) {
      return;
    }
    int outputs = s.outChannels();
    long to = dst.at(pixel, 0);
    long step = 4 * dst.rowStride();
    if (dst.rowStride() == outputs) {
      long n = (long) count * outputs;
      (n < Lanes.LENGTH ? after.narrow() : after.wide()).map(to, step, to, step, 1, n);
    } else {
      (outputs < Lanes.LENGTH ? after.narrow() : after.wide())
          .map(to, step, to, step, count, outputs);
    }
  }
}
