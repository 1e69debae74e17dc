package dev.tilewright.vector;

import static java.lang.foreign.ValueLayout.JAVA_INT;

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
  private final long pixelBytes;
  private final long rowBytes;
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

    pixelBytes = 4L * (copies ? geometry.bandStride() : src.rowStride());
    rowBytes = pixelBytes * (copies ? geometry.bandWidth() : s.in().width());
    taps = geometry.factors() == GemmTiles.Factors.ADJACENT ? 0 : tapTable();
  }

  /** Per factor, in the order of the packed filter, its byte offset from the first. */
  private long tapTable() {
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
      long pixel = ((long) n * geometry.out().height() + first) * geometry.out().width();
      block(base, pixel, height, group, chunk);
    }
  }

  /** {@code height} output rows, the first of which begins with output pixel {@code pixel}. */
  private void block(long base, long pixel, int height, int group, int chunk) {
    int firstPanel = panels.firstOfCut(chunk, geometry.chunks());
    int endPanel = panels.firstOfCut(chunk + 1, geometry.chunks());
    int width = geometry.out().width();
    for (int panel = firstPanel; panel < endPanel; panel++) {
      long b = filter + panels.offset(group, panel);
      long column = (long) group * panels.columns() + panels.column(panel);
      // The last tile of a row or block reaches back over pixels that are done.
      for (int row = 0; row < height; row += geometry.tileRows()) {
        int y = Math.min(row, height - geometry.tileRows());
        for (int x = 0; x < width; x += geometry.width()) {
          tile(base, y, Math.min(x, width - geometry.width()), pixel, column, b);
        }
      }
    }
    if (activation != null) {
      int first = firstPanel == 0 ? 0 : panels.column(firstPanel);
      int end = endPanel == panels.count() ? panels.columns() : panels.column(endPanel);
      long to = dst.at(pixel, (long) group * panels.columns() + first);
      long step = 4 * dst.rowStride();
      activation.map(to, step, to, step, (long) height * width, end - first);
    }
  }

  private void tile(long base, int y, int x, long firstPixel, long column, long panel) {
    long rowStride = s.stride().height() * rowBytes;
    long pixelStride = s.stride().width() * pixelBytes;
    long pixel = firstPixel + (long) y * geometry.out().width() + x;
    long to = dst.at(pixel, column);
    tile.run(
        base + y * rowStride + x * pixelStride,
        pixelStride,
        rowStride,
        taps,
        panels.depth(),
        panel,
        bias + 4 * column,
        to,
        4 * dst.rowStride(),
        residual == null ? to : residual.at(pixel, column),
        residual == null ? 0 : 4 * residual.rowStride(),
        panels.last());
  }
}
