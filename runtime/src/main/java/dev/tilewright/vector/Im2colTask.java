package dev.tilewright.vector;

import dev.tilewright.conv.ConvProblem;
import dev.tilewright.conv.ConvShape;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.tensor.View;
import org.jspecify.annotations.Nullable;

/**
 * Runs {@link Im2col}. A piece is one block of pixels of one group. Within it the chunks of the sum
 * are the outer loop: pixels are copied, then each panel's chunk, which fits L1 or L2, meets all of
 * them.
 */
final class Im2colTask implements Task {
  /**
   * What it runs.
   *
   * @param after the activation if it is not a micro-kernel's part
   * @param copy of rows of factors of one tap
   * @param aside copies rows of a tile
   */
  record Kernels(ChunkedTile tile, @Nullable RowKernel after, RowKernel copy, RowKernel aside) {}

  private final Im2colGeometry geometry;
  private final ConvShape s;
  private final Panels panels;
  private final Kernels kernels;
  private final RowKernel copy;
  private final RowKernel aside;
  private final long filter;
  private final long bias;
  private final long zeros;
  private final Operands operands;
  private final View src;
  private final View dst;
  private final @Nullable View residual;

  Im2colTask(
      ConvProblem problem,
      Im2colGeometry geometry,
      Kernels kernels,
      long filter,
      long bias,
      Operands operands) {
    this.geometry = geometry;
    this.s = geometry.shape();
    this.panels = geometry.panels();
    this.kernels = kernels;
    copy = kernels.copy();
    aside = kernels.aside();
    this.filter = filter;
    this.bias = bias;
    this.operands = operands;
    src = operands.in().getFirst();
    dst = operands.out().getFirst();
    residual = problem.epilogue().residual() ? operands.in().get(1) : null;
    long most = Math.max(4L * geometry.channels(), (long) panels.nv() * Lanes.BYTES);
    zeros = operands.arena().allocate(most, 64).address();
  }

  @Override
  public int parts() {
    return geometry.blocks() * s.groups();
  }

  @Override
  public void run(int from, int to, int worker) {
    long workspace = operands.workspace(worker);
    for (int part = from; part < to; part++) {
      int block = part / s.groups();
      block(
          geometry.firstPixel(block), geometry.firstPixel(block + 1), part % s.groups(), workspace);
    }
  }

  private void block(int firstPixel, int endPixel, int group, long copied) {
    int first = -1;
    int last = 0;
    for (int c = 0; c < geometry.chunks(); c++) {
      if (reads(firstPixel, endPixel, c)) {
        first = first < 0 ? c : first;
        last = c;
      }
    }
    first = Math.max(first, 0);
    for (int c = first; c <= last; c++) {
      if (c == first || c == last || reads(firstPixel, endPixel, c)) {
        chunk(
            firstPixel,
            endPixel,
            group,
            c,
            kernels.tile().of(c == first, c == last),
            c > first,
            copied);
      }
    }
    RowKernel after = kernels.after();
    if (after != null) {
      long to = dst.at(firstPixel, (long) group * panels.columns());
      long step = 4 * dst.rowStride();
      after.map(to, step, to, step, endPixel - firstPixel, panels.columns());
    }
  }

  /** Whether a chunk of the block is more than padding: only asked of whole and parts of taps. */
  private boolean reads(int firstPixel, int endPixel, int chunk) {
    int channels = geometry.channels();
    int begin = geometry.firstFactor(chunk) / channels;
    int end = Math.ceilDiv(geometry.firstFactor(chunk + 1), channels);
    for (int tap = begin; tap < end; tap++) {
      for (int p = firstPixel; p < endPixel; p++) {
        if (source(p, tap) >= 0) {
          return true;
        }
      }
    }
    return false;
  }

  /** Input pixel, numbered through all images, that a tap of an output pixel reads, or -1. */
  private long source(int pixel, int tap) {
    int width = geometry.out().width();
    int perImage = geometry.out().height() * width;
    int image = pixel / perImage;
    int inImage = pixel % perImage;
    int y = geometry.inputRow(inImage / width, tap / s.kernel().width());
    int x = geometry.inputColumn(inImage % width, tap % s.kernel().width());
    boolean inside = y >= 0 && y < s.in().height() && x >= 0 && x < s.in().width();
    return inside ? ((long) image * s.in().height() + y) * s.in().width() + x : -1;
  }

  private void chunk(
      int firstPixel,
      int endPixel,
      int group,
      int chunk,
      GemmTile kernel,
      boolean adds,
      long copied) {
    int begin = geometry.firstFactor(chunk);
    int end = geometry.firstFactor(chunk + 1);
    gather(firstPixel, endPixel, group, begin, end, copied);
    long panelBytes = (long) panels.nv() * Lanes.BYTES;
    for (int panel = 0; panel < panels.count(); panel++) {
      long b = filter + panels.offset(group, panel) + begin * panelBytes;
      long column = (long) group * panels.columns() + panels.column(panel);
      long start = adds ? zeros : bias + 4 * column;
      for (int p = firstPixel; p < endPixel; p += geometry.mr()) {
        long a = copied + 4L * (p - firstPixel) * geometry.pitch();
        int pixels = Math.min(geometry.mr(), endPixel - p);
        if (pixels == geometry.mr()) {
          View more = adds ? dst : residual;
          long to = dst.at(p, column);
          long also = more == null ? to : more.at(p, column);
          long step = more == null ? 0 : 4 * more.rowStride();
          multiply(kernel, a, end - begin, b, start, to, 4 * dst.rowStride(), also, step);
        } else {
          part(kernel, a, end - begin, b, start, column, p, pixels, adds, copied);
        }
      }
    }
  }

  /** A tile of which not all pixels exist: computed aside. */
  private void part(
      GemmTile kernel,
      long a,
      int depth,
      long b,
      long start,
      long column,
      int pixel,
      int pixels,
      boolean adds,
      long workspace) {
    long tile = workspace + geometry.copiedBytes();
    long also = tile + geometry.tileBytes();
    long step = (long) panels.nv() * Lanes.BYTES;
    long columns = Math.min(panels.columns(), panels.nv() * Lanes.LENGTH);
    View more = adds ? dst : residual;
    if (more != null) {
      aside.map(more.at(pixel, column), 4 * more.rowStride(), also, step, pixels, columns);
    }
    multiply(kernel, a, depth, b, start, tile, step, also, step);
    aside.map(tile, step, dst.at(pixel, column), 4 * dst.rowStride(), pixels, columns);
  }

  private void multiply(
      GemmTile kernel,
      long a,
      int depth,
      long b,
      long start,
      long to,
      long step,
      long also,
      long alsoStep) {
    long pitch = 4L * geometry.pitch();
    kernel.run(a, pitch, pitch, 0, depth, b, start, to, step, also, alsoStep, panels.last());
  }

  /** The factors {@code begin} to {@code end} of the pixels, zero where they are padding. */
  private void gather(int firstPixel, int endPixel, int group, int begin, int end, long to) {
    int width = geometry.out().width();
    int channels = geometry.channels();
    for (int k = begin; k < end; ) {
      int tap = k / channels;
      int next = Math.min(end, (tap + 1) * channels);
      long channel = (long) group * channels + k % channels;
      for (int p = firstPixel; p < endPixel; ) {
        int pixels = Math.min(endPixel - p, width - p % width);
        long at = to + 4L * ((long) (p - firstPixel) * geometry.pitch() + k - begin);
        segment(p, pixels, tap, channel, next - k, at);
        p += pixels;
      }
      k = next;
    }
  }

  /** One tap of pixels of one output row. No copy is empty: C2 takes such calls for impossible. */
  private void segment(int pixel, int pixels, int tap, long channel, int count, long to) {
    int width = geometry.out().width();
    int row = pixel / width;
    int image = row / geometry.out().height();
    int y = geometry.inputRow(row % geometry.out().height(), tap / s.kernel().width());
    int x = geometry.inputColumn(pixel % width, tap % s.kernel().width());
    int step = s.stride().width();
    // Pixels before the first and from the last on read padding.
    int first = Math.clamp(Math.ceilDiv(-x, step), 0, pixels);
    int last = Math.clamp(Math.ceilDiv(s.in().width() - x, step), first, pixels);
    if (y < 0 || y >= s.in().height()) {
      last = first;
    }
    long pitch = 4L * geometry.pitch();
    if (first > 0) {
      copy.map(zeros, 0, to, pitch, first, count);
    }
    if (last > first) {
      long at = ((long) image * s.in().height() + y) * s.in().width() + x + (long) first * step;
      long from = src.address() + 4 * (at * src.rowStride() + channel);
      copy.map(from, 4L * step * src.rowStride(), to + first * pitch, pitch, last - first, count);
    }
    if (last < pixels) {
      copy.map(zeros, 0, to + last * pitch, pitch, pixels - last, count);
    }
  }
}
