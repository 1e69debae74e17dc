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

  private final ConvShape s;
  private final int mr;
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
      int mr,
      int vectorsAtOnce,
      DepthwiseTile tile,
      long filter,
      @Nullable RowKernel activation,
      Operands operands) {
    s = problem.shape();
    this.mr = mr;
    this.vectorsAtOnce = vectorsAtOnce;
    this.tile = tile;
    this.filter = filter;
    src = operands.in().getFirst();
    dst = operands.out().getFirst();
    residual = problem.epilogue().residual() ? operands.in().get(1) : null;
    this.activation = activation;
    zeros = operands.arena().allocate(4L * s.in().width() * src.rowStride(), 64).address();
    rows = rowTable(operands);
    long pieces = Math.clamp(s.macs() / s.batch() / MACS_PER_PART, 1, 4L * problem.threads());
    blocks = (int) Math.min(s.out().height(), pieces);
  }

  /** For each output row the addresses of its KH input rows; padding is one row of zeros. */
  private long rowTable(Operands operands) {
    int taps = s.kernel().height();
    int height = s.out().height();
    long rowBytes = 4L * s.in().width() * src.rowStride();
    MemorySegment table = operands.arena().allocate(JAVA_LONG, (long) s.batch() * height * taps);
    for (int i = 0; i < s.batch() * height * taps; i++) {
      long n = i / taps / height;
      int y =
          i / taps % height * s.stride().height()
              + i % taps * s.dilation().height()
              - s.pad().top();
      boolean padding = y < 0 || y >= s.in().height();
      long row = src.address() + (n * s.in().height() + y) * rowBytes;
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
    int height = s.out().height();
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
      for (int row = first; row < end; row++) {
        row(row, v, Math.min(vectorsAtOnce, vectors - v));
      }
    }
    if (activation != null) {
      long width = s.out().width();
      long to = at(dst, first * width, 0);
      long step = 4 * dst.rowStride();
      activation.map(to, step, to, step, (end - first) * width, s.inChannels());
    }
  }

  /** One output row, {@code count} vectors of channels from the {@code v}th. */
  private void row(int row, int v, int count) {
    int channels = s.inChannels();
    int taps = s.kernel().height() * s.kernel().width();
    boolean masked = channels < Lanes.LENGTH;
    boolean hasLast = (v + count) * Lanes.LENGTH >= channels;
    // A range that is the last vector alone begins where that vector does.
    int channel = masked || count > 1 || !hasLast ? v * Lanes.LENGTH : channels - Lanes.LENGTH;
    long last = masked ? channels : 4L * (count - 1) * Lanes.LENGTH;
    if (hasLast && !masked) {
      last = 4L * (channels - Lanes.LENGTH - channel);
    }
    int width = s.out().width();
    int window = Depthwise.window(s, mr);
    for (int i = 0; i * mr < width; i++) {
      int x = Depthwise.firstPixel(i, mr, width);
      long column = (long) x * s.stride().width() - s.pad().left();
      long pixel = (long) row * width + x;
      long to = at(dst, pixel, channel);
      tile.run(
          rows + 8L * row * s.kernel().height(),
          4 * (column * src.rowStride() + channel),
          4 * src.rowStride(),
          count,
          last,
          filter + 4L * v * (1 + taps) * Lanes.LENGTH,
          to,
          4 * dst.rowStride(),
          residual == null ? to : at(residual, pixel, channel),
          residual == null ? 0 : 4 * residual.rowStride(),
          Depthwise.leftPadding(s, x),
          window - Depthwise.rightPadding(s, x, mr),
          zeros);
    }
  }

  private static long at(View view, long row, long column) {
    return view.address() + 4 * (row * view.rowStride() + column);
  }
}
