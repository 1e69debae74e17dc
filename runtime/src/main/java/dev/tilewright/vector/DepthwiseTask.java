package dev.tilewright.vector;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.tilewright.conv.ConvProblem;
import dev.tilewright.conv.ConvShape;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.tensor.View;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** Runs {@link DepthwiseTile}s over all rows. A piece is some output rows of one image. */
final class DepthwiseTask implements Task {
  /** Less than this is not worth another piece: about 2 us. */
  private static final long MACS_PER_PART = 150_000;

  /** Input of a piece that is read once for each vector of channels. */
  private static final int BLOCK_BYTES = 384 << 10;

  private final ConvShape s;
  private final ConvShape.Size out;
  private final int tileRows;
  private final int mr;
  private final boolean down;
  private final int vectorsAtOnce;
  private final DepthwiseTile tile;
  private final long filter;
  private final View src;
  private final View dst;
  private final @Nullable View residual;
  private final @Nullable RowKernel activation;
  private final long rows;
  private final long zeros;
  private final int blocks;

  DepthwiseTask(
      ConvProblem problem,
      DepthwiseSpec spec,
      int vectorsAtOnce,
      DepthwiseTile tile,
      long filter,
      @Nullable RowKernel activation,
      Operands operands) {
    s = problem.shape();
    out = s.out(); // makes a new one at each call
    down = spec.order() == DepthwiseSpec.Order.DOWN;
    tileRows = spec.rows();
    mr = spec.pixels();
    this.vectorsAtOnce = vectorsAtOnce;
    this.tile = tile;
    this.filter = filter;
    src = operands.in().getFirst();
    dst = operands.out().getFirst();
    residual = problem.epilogue().residual() ? operands.in().get(1) : null;
    this.activation = activation;
    zeros = operands.arena().allocate(rowBytes(), 64).address();
    rows = rowTable(operands);
    long pieces = Math.clamp(s.macs() / s.batch() / MACS_PER_PART, 1, 4L * problem.threads());
    if (down) {
      pieces = Math.max(pieces, s.in().height() * rowBytes() / BLOCK_BYTES);
    }
    blocks = (int) Math.min(out.height() / tileRows, pieces);
  }

  private long rowBytes() {
    return 4L * s.in().width() * src.rowStride();
  }

  /** For each output row the addresses of its KH input rows; padding is one row of zeros. */
  private long rowTable(Operands operands) {
    int taps = s.kernel().height();
    int height = out.height();
    MemorySegment table = operands.arena().allocate(JAVA_LONG, (long) s.batch() * height * taps);
    for (int i = 0; i < s.batch() * height * taps; i++) {
      long n = i / taps / height;
      int y =
          i / taps % height * s.stride().height()
              + i % taps * s.dilation().height()
              - s.pad().top();
      boolean padding = y < 0 || y >= s.in().height();
      long row = src.address() + (n * s.in().height() + y) * rowBytes();
      table.setAtIndex(JAVA_LONG, i, padding ? zeros : row);
    }
    return table.address();
  }

  @Override
  public int parts() {
    return s.batch() * blocks;
  }

  @Override
  public void run(int from, int to, int worker) {
    int height = out.height();
    for (int part = from; part < to; part++) {
      int n = part / blocks;
      int block = part % blocks;
      int first = (int) ((long) block * height / blocks);
      int end = (int) ((long) (block + 1) * height / blocks);
      rows(n * height + first, n * height + end);
    }
  }

  private void rows(int first, int end) {
    int vectors = Math.ceilDiv(s.inChannels(), Lanes.LENGTH);
    for (int v = 0; v < vectors; v += vectorsAtOnce) {
      int count = Math.min(vectorsAtOnce, vectors - v);
      int channel = channel(v, count, vectors);
      if (down) {
        int steps = Math.ceilDiv(end - first, tileRows);
        row(first, v, channel, steps, end - first - tileRows);
      } else {
        long last = v + count == vectors ? s.inChannels() - Lanes.LENGTH - channel : count - 1L;
        last = v + count == vectors ? 4 * last : Lanes.BYTES * last;
        for (int row = first; row < end; row += tileRows) {
          row(Math.min(row, end - tileRows), v, channel, count, last);
        }
      }
    }
    if (activation != null) {
      long width = out.width();
      long to = dst.at(first * width, 0);
      long step = 4 * dst.rowStride();
      activation.map(to, step, to, step, (end - first) * width, s.inChannels());
    }
  }

  /** First channel; a range that is the last vector alone begins where that vector does. */
  private int channel(int v, int count, int vectors) {
    boolean lastAlone = count == 1 && v == vectors - 1;
    return lastAlone ? Math.max(0, s.inChannels() - Lanes.LENGTH) : v * Lanes.LENGTH;
  }

  /** Tiles side by side, from an output row and the {@code v}th vector of channels on. */
  private void row(int row, int v, int channel, int steps, long last) {
    int taps = s.kernel().height() * s.kernel().width();
    int width = out.width();
    int window = Depthwise.window(s, mr);
    for (int i = 0; i * mr < width; i++) {
      int x = Depthwise.firstPixel(i, mr, width);
      long column = (long) x * s.stride().width() - s.pad().left();
      long pixel = (long) row * width + x;
      long to = dst.at(pixel, channel);
      tile.run(
          rows + 8L * row * s.kernel().height(),
          4 * (column * src.rowStride() + channel),
          4 * src.rowStride(),
          steps,
          last,
          s.inChannels(),
          filter + 4L * v * (1 + taps) * Lanes.LENGTH,
          s.kernel().height(),
          to,
          4 * dst.rowStride(),
          4 * dst.rowStride() * width,
          residual == null ? to : residual.at(pixel, channel),
          residual == null ? 0 : 4 * residual.rowStride(),
          residual == null ? 0 : 4 * residual.rowStride() * width,
          Depthwise.leftPadding(s, x),
          window - Depthwise.rightPadding(s, x, mr),
          zeros);
    }
  }
}
