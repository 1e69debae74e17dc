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
 * Runs a {@link GroupTile} over all pixels and slices. A piece is one block of output rows of one
 * image and one slice; slices innermost, so that the padding of a band is written once.
 */
final class GroupTask implements Task {
  /**
   * An activation that is too long for a tile.
   *
   * @param most over the channels of one slice
   * @param last over those of the last piece, which may be two slices
   */
  record Activate(RowKernel most, RowKernel last) {}

  private final ConvShape s;
  private final GroupGeometry geometry;
  private final GroupLanes lanes;
  private final GroupTile tile;
  private final PixelCopy copy;
  private final PixelCopy zeroing;
  private final long filter;
  private final Operands operands;
  private final View src;
  private final View dst;
  private final @Nullable View residual;
  private final @Nullable Activate activation;
  private final long rows;
  private final long taps;
  private final long zeros;

  GroupTask(
      ConvProblem problem,
      GroupGeometry geometry,
      GroupTile tile,
      PixelCopy copy,
      PixelCopy zeroing,
      long filter,
      @Nullable Activate activation,
      Operands operands) {
    this.s = problem.shape();
    this.geometry = geometry;
    this.lanes = geometry.lanes();
    this.tile = tile;
    this.copy = copy;
    this.zeroing = zeroing;
    this.filter = filter;
    this.operands = operands;
    this.activation = activation;
    src = operands.in().getFirst();
    dst = operands.out().getFirst();
    residual = problem.epilogue().residual() ? operands.in().get(1) : null;
    rows = rowTable();
    taps = tapTable();
    zeros = operands.arena().allocate(Lanes.BYTES, 64).address();
  }

  /** Per pixel of a block, the byte offset of its first input pixel in the band. */
  private long rowTable() {
    int width = geometry.out().width();
    int pixels = geometry.mostRows() * width;
    MemorySegment table = operands.arena().allocate(JAVA_LONG, pixels);
    for (int p = 0; p < pixels; p++) {
      long y = (long) (p / width) * s.stride().height();
      long x = (long) (p % width) * s.stride().width();
      table.setAtIndex(JAVA_LONG, p, y * geometry.rowBytes() + x * geometry.pixelBytes());
    }
    return table.address();
  }

  /** Per step of a kernel's loop, what it adds to the address of a pixel. */
  private long tapTable() {
    MemorySegment table = operands.arena().allocate(JAVA_INT, lanes.depth());
    int width = s.kernel().width();
    for (int i = 0; i < lanes.depth(); i++) {
      int row = lanes.rotated() ? i / width : i / lanes.in();
      long inRow =
          lanes.rotated()
              ? (long) (i % width) * s.dilation().width() * geometry.pixelBytes()
              : 4L * (i % lanes.in());
      long offset = (long) row * s.dilation().height() * geometry.rowBytes() + inRow;
      table.setAtIndex(JAVA_INT, i, Math.toIntExact(offset));
    }
    return table.address();
  }

  @Override
  public int parts() {
    return s.batch() * geometry.blocks() * lanes.independent();
  }

  @Override
  public void run(int from, int to, int worker) {
    long band = operands.workspace(worker);
    int padded = -1;
    for (int part = from; part < to; part++) {
      int slice = part % lanes.independent();
      int block = part / lanes.independent() % geometry.blocks();
      int n = part / lanes.independent() / geometry.blocks();
      if (padded != block) {
        pad(band, block);
        padded = block;
      }
      int end = slice == lanes.independent() - 1 ? lanes.slices() : slice + 1;
      for (int i = slice; i < end; i++) {
        fill(band, n, block, i);
        compute(band, n, block, i);
      }
      activate(n, block, slice, end);
    }
  }

  private int height(int block) {
    return geometry.firstRow(block + 1) - geometry.firstRow(block);
  }

  /** Writes zeros all over the band; what lies inside the image is then written over. */
  private void pad(long band, int block) {
    long bytes = geometry.rowBytes() * geometry.bandRows(height(block));
    int vectors = (int) Math.ceilDiv(bytes, Lanes.BYTES);
    zeroing.run(zeros, 0, 0, band, Lanes.BYTES, 0, 1, vectors, 0);
  }

  /** Copies a slice's channels of the rows and columns that are inside the image. */
  private void fill(long band, int n, int block, int slice) {
    int top = geometry.firstRow(block) * s.stride().height() - s.pad().top();
    int first = Math.max(0, top);
    int end = Math.min(s.in().height(), top + geometry.bandRows(height(block)));
    int left = Math.min(s.pad().left(), geometry.bandWidth());
    int columns = Math.clamp(s.in().width(), 0, geometry.bandWidth() - left);
    if (first >= end || columns == 0) {
      return;
    }
    long pixel = ((long) n * s.in().height() + first) * s.in().width();
    long from = src.at(pixel, (long) lanes.firstGroup(slice) * lanes.in());
    long to = band + (first - top) * geometry.rowBytes() + left * geometry.pixelBytes();
    int inputs = lanes.inputs();
    for (int v = 0; v < Lanes.cover(inputs); v++) {
      long c = 4L * Math.max(0, Math.min(v * Lanes.LENGTH, inputs - Lanes.LENGTH));
      copy.run(
          from + c,
          4 * src.rowStride(),
          4 * src.rowStride() * s.in().width(),
          to + c,
          geometry.pixelBytes(),
          geometry.rowBytes(),
          end - first,
          columns,
          Math.min(inputs, Lanes.LENGTH));
    }
  }

  private void compute(long band, int n, int block, int slice) {
    int height = height(block);
    long pixel =
        ((long) n * geometry.out().height() + geometry.firstRow(block)) * geometry.out().width();
    long channel = (long) lanes.firstGroup(slice) * lanes.out();
    int segment = geometry.segment(height);
    int mr = geometry.mr();
    for (int begin = 0; begin < height * geometry.out().width(); begin += segment) {
      long to = dst.at(pixel + begin, channel);
      tile.run(
          rows + 8L * begin,
          band,
          taps,
          lanes.depth(),
          filter + slice * lanes.sliceBytes(),
          to,
          4 * dst.rowStride(),
          residual == null ? to : residual.at(pixel + begin, channel),
          residual == null ? 0 : 4 * residual.rowStride(),
          lanes.last(),
          Math.ceilDiv(segment, mr),
          segment - mr);
    }
  }

  /** Applies the activation to what slices have computed. */
  private void activate(int n, int block, int slice, int end) {
    if (activation != null) {
      long pixel =
          ((long) n * geometry.out().height() + geometry.firstRow(block)) * geometry.out().width();
      long to = dst.at(pixel, (long) lanes.firstGroup(slice) * lanes.out());
      long step = 4 * dst.rowStride();
      int pixels = height(block) * geometry.out().width();
      RowKernel kernel = end == lanes.slices() ? activation.last : activation.most;
      kernel.map(to, step, to, step, pixels, lanes.outputs(slice, end));
    }
  }
}
