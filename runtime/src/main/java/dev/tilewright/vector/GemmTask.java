package dev.tilewright.vector;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.tilewright.conv.ConvProblem;
import dev.tilewright.conv.ConvShape;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.tensor.View;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Runs a {@link GemmTile} over all pixels and panels. A piece is one block of output rows of one
 * image, one group, one chunk of its panels; chunks innermost, so that pieces in order share a
 * band.
 *
 * <p>Within a piece the panel is the outer loop: it stays in L1 or L2 while the block's rows, which
 * fit L2, are read past it.
 */
final class GemmTask implements Task {
  private final GemmGeometry geometry;
  private final ConvShape s;
  private final Panels panels;
  private final GemmTile tile;
  private final long filter;
  private final long bias;
  private final View src;
  private final View dst;
  private final @Nullable View residual;
  private final @Nullable Band band;
  private final Operands operands;
  private final @Nullable RowKernel activation;
  private final long rows;
  private final long taps;

  GemmTask(
      ConvProblem problem,
      GemmGeometry geometry,
      Panels panels,
      GemmTile tile,
      long filter,
      long bias,
      @Nullable RowKernel activation,
      Operands operands) {
    this.geometry = geometry;
    this.s = geometry.shape();
    this.panels = panels;
    this.tile = tile;
    this.filter = filter;
    this.bias = bias;
    this.operands = operands;
    src = operands.in().getFirst();
    dst = operands.out().getFirst();
    residual = problem.epilogue().residual() ? operands.in().get(1) : null;
    boolean copies =
        geometry.copies() && (!GemmGeometry.unpadded(s) || geometry.conflicts(src.rowStride()));
    band = copies ? new Band(s, geometry.bandWidth(), geometry.bandStride(), src) : null;
    this.activation = activation;

    long pixelBytes = 4L * (copies ? geometry.bandStride() : src.rowStride());
    long rowBytes = pixelBytes * (copies ? geometry.bandWidth() : s.in().width());
    rows = rowTable(pixelBytes, rowBytes);
    taps = tapTable(pixelBytes, rowBytes);
  }

  /** Per pixel of a block, the byte offset of its first input pixel from the block's. */
  private long rowTable(long pixelBytes, long rowBytes) {
    int width = s.out().width();
    int pixels = geometry.mostRows() * width;
    MemorySegment table = operands.arena().allocate(JAVA_LONG, pixels);
    for (int p = 0; p < pixels; p++) {
      long y = (long) (p / width) * s.stride().height();
      long x = (long) (p % width) * s.stride().width();
      table.setAtIndex(JAVA_LONG, p, y * rowBytes + x * pixelBytes);
    }
    return table.address();
  }

  /** Per factor, in the order of the packed filter, its byte offset from the first. */
  private long tapTable(long pixelBytes, long rowBytes) {
    int channels = s.inChannels() / s.groups();
    MemorySegment table = operands.arena().allocate(JAVA_INT, panels.depth());
    for (int k = 0; k < panels.depth(); k++) {
      int tap = k / channels;
      long y = (long) (tap / s.kernel().width()) * s.dilation().height();
      long x = (long) (tap % s.kernel().width()) * s.dilation().width();
      long offset = y * rowBytes + x * pixelBytes + 4L * (k % channels);
      table.setAtIndex(JAVA_INT, k, Math.toIntExact(offset));
    }
    return table.address();
  }

  @Override
  public int parts() {
    return s.batch() * geometry.blocks() * s.groups() * geometry.chunks();
  }

  @Override
  public void run(int from, int to, int worker) {
    int filled = -1;
    for (int part = from; part < to; part++) {
      int chunk = part % geometry.chunks();
      int bandIndex = part / geometry.chunks();
      int group = bandIndex % s.groups();
      int block = bandIndex / s.groups() % geometry.blocks();
      int n = bandIndex / s.groups() / geometry.blocks();
      int first = geometry.firstRow(block);
      int height = geometry.firstRow(block + 1) - first;
      long base;
      if (band != null) {
        base = operands.workspace(worker);
        if (filled != bandIndex) {
          band.fill(
              base,
              n,
              first * s.stride().height() - s.pad().top(),
              geometry.inputRows(height),
              group);
          filled = bandIndex;
        }
      } else {
        long pixel =
            ((long) n * s.in().height() + (long) first * s.stride().height()) * s.in().width();
        base =
            src.address()
                + 4 * (pixel * src.rowStride() + (long) group * (s.inChannels() / s.groups()));
      }
      long pixel = ((long) n * s.out().height() + first) * s.out().width();
      block(base, pixel, height * s.out().width(), group, chunk);
    }
  }

  private void block(long base, long pixel, int pixels, int group, int chunk) {
    int independent = panels.independent();
    int firstPanel = (int) ((long) chunk * independent / geometry.chunks());
    int endPanel =
        chunk == geometry.chunks() - 1
            ? panels.count()
            : (int) ((long) (chunk + 1) * independent / geometry.chunks());
    int mr = geometry.mr();
    for (int panel = firstPanel; panel < endPanel; panel++) {
      long b = filter + panels.offset(group, panel);
      long column = (long) group * panels.columns() + panels.column(panel);

      for (int p = 0; p < pixels; p += mr) {
        int q = Math.min(p, pixels - mr);
        long to = at(dst, pixel + q, column);
        tile.run(
            rows + 8L * q,
            base,
            taps,
            panels.depth(),
            b,
            bias + 4 * column,
            to,
            4 * dst.rowStride(),
            residual == null ? to : at(residual, pixel + q, column),
            residual == null ? 0 : 4 * residual.rowStride(),
            panels.last());
      }
    }
    if (activation != null) {
      int first = firstPanel == 0 ? 0 : panels.column(firstPanel);
      int end = endPanel == panels.count() ? panels.columns() : panels.column(endPanel);
      long to = at(dst, pixel, (long) group * panels.columns() + first);
      long step = 4 * dst.rowStride();
      activation.map(to, step, to, step, pixels, end - first);
    }
  }

  private static long at(View view, long row, long column) {
    return view.address() + 4 * (row * view.rowStride() + column);
  }
}
