package dev.tilewright.vector;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.tilewright.conv.ConvProblem;
import dev.tilewright.conv.ConvShape;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.tensor.View;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Transforms a block of tiles, multiplies it with one panel of the filter after the other, and
 * transforms each result back. A piece is one block, one group, one chunk of its panels; chunks
 * innermost, so that pieces in order share the block's transform.
 */
final class WinogradTask implements Task {
  private static final long L2_BYTES = 1 << 20;

  /** The generated kernels of a layer. */
  record Kernels(
      InputTransform input,
      BatchedProduct product,
      OutputTransform output,
      @Nullable RowKernel activation) {}

  private final WinogradGeometry geometry;
  private final ConvShape s;
  private final Panels panels;
  private final Kernels kernels;
  private final long filter;
  private final long bias;
  private final View src;
  private final View dst;
  private final @Nullable View residual;
  private final Operands operands;

  /** Whether the input is larger than L2. */
  private final boolean far;

  private final ConvShape.Size out;
  private final int wide;
  private final int tilesOfImage;
  private final int tiles;
  private final int parts;

  /** Of tiles inside the image: the distances of their pixels. */
  private final long inner;

  /** Of the other tiles of all images, one after the other: the addresses of their pixels. */
  private final long edges;

  /** Number of each tile of an image among its edge tiles, or -1. */
  private final int[] edge;

  private final int edgesOfImage;

  WinogradTask(
      ConvProblem problem,
      WinogradGeometry geometry,
      Kernels kernels,
      long filter,
      long bias,
      Operands operands) {
    this.geometry = geometry;
    this.kernels = kernels;
    this.filter = filter;
    this.bias = bias;
    this.operands = operands;
    s = problem.shape();
    panels = geometry.panels();
    src = operands.in().getFirst();
    dst = operands.out().getFirst();
    residual = problem.epilogue().residual() ? operands.in().get(1) : null;
    far = 4 * src.rowStride() * s.in().height() * s.in().width() > L2_BYTES;
    // A Size is an object: asked for here, so that a run makes none.
    out = s.out();
    tiles = geometry.tiles();
    parts = geometry.blocks() * s.groups() * geometry.chunks();
    wide = geometry.tilesWide();
    tilesOfImage = geometry.tilesHigh() * wide;
    edge = new int[tilesOfImage];
    int n = 0;
    for (int t = 0; t < tilesOfImage; t++) {
      edge[t] = isInner(t) ? -1 : n++;
    }
    edgesOfImage = n;
    inner = innerTable();
    edges = edgeTables();
  }

  private int top(int tile) {
    return tile / wide * geometry.down().outputs() - s.pad().top();
  }

  private int left(int tile) {
    return tile % wide * geometry.along().outputs() - s.pad().left();
  }

  private boolean isInner(int tile) {
    return top(tile) >= 0
        && left(tile) >= 0
        && top(tile) + geometry.down().products() <= s.in().height()
        && left(tile) + geometry.along().products() <= s.in().width();
  }

  private long innerTable() {
    int columns = geometry.along().products();
    MemorySegment table = operands.arena().allocate(JAVA_LONG, geometry.planes());
    for (int p = 0; p < geometry.planes(); p++) {
      long pixel = (long) (p / columns) * s.in().width() + p % columns;
      table.setAtIndex(JAVA_LONG, p, 4 * pixel * src.rowStride());
    }
    return table.address();
  }

  /** Padding is one pixel of zeros. */
  private long edgeTables() {
    long zeros = operands.arena().allocate(4L * s.inChannels(), 64).address();
    int columns = geometry.along().products();
    int planes = geometry.planes();
    MemorySegment table =
        operands.arena().allocate(JAVA_LONG, (long) s.batch() * edgesOfImage * planes + 1);
    for (int t = 0; t < tilesOfImage; t++) {
      for (int p = 0; p < planes && edge[t] >= 0; p++) {
        int y = top(t) + p / columns;
        int x = left(t) + p % columns;
        boolean exists = y >= 0 && y < s.in().height() && x >= 0 && x < s.in().width();
        for (int n = 0; n < s.batch(); n++) {
          long pixel = ((long) n * s.in().height() + y) * s.in().width() + x;
          table.setAtIndex(
              JAVA_LONG,
              ((long) n * edgesOfImage + edge[t]) * planes + p,
              exists ? src.address() + 4 * pixel * src.rowStride() : zeros);
        }
      }
    }
    return table.address();
  }

  @Override
  public int parts() {
    return parts;
  }

  @Override
  public void run(int from, int to, int worker) {
    run(from, to, worker, -1);
  }

  @Override
  public void goOn(int from, int to, int worker) {
    run(from, to, worker, (from - 1) / geometry.chunks());
  }

  /**
   * @param transformed block and group whose input is transformed already, or -1
   */
  private void run(int from, int to, int worker, int transformed) {
    long workspace = operands.workspace(worker);
    for (int part = from; part < to; part++) {
      int chunk = part % geometry.chunks();
      int input = part / geometry.chunks();
      int group = input % s.groups();
      int first = input / s.groups() * geometry.block();
      int count = Math.min(geometry.block(), tiles - first);
      if (input != transformed) {
        if (group == 0 && far) {
          fetch(workspace, first, count);
        }
        transform(workspace, first, count, group);
        transformed = input;
      }
      int begin = panels.firstOfCut(chunk, geometry.chunks());
      int end = panels.firstOfCut(chunk + 1, geometry.chunks());
      for (int panel = begin; panel < end; panel++) {
        multiply(workspace, count, group, panel);
        finish(workspace, first, count, group, panel);
      }
    }
  }

  /**
   * Reads the input rows that a block is the first to need, line by line: in that order memory
   * delivers them two to three times faster than tile by tile.
   */
  private void fetch(long workspace, int first, int count) {
    int high = geometry.down().outputs();
    int width = s.in().width();
    float sum = 0;
    for (int i = 0; i < count; ) {
      int n = (first + i) / tilesOfImage;
      int tile = (first + i) % tilesOfImage;
      int inRow = Math.min(count - i, wide - tile % wide);
      int bottom = Math.min(s.in().height(), top(tile) + geometry.down().products());
      int begin = Math.max(0, left(tile));
      int end = Math.min(width, left(tile) + inRow * geometry.along().outputs());
      for (int y = Math.max(0, bottom - high); y < bottom; y++) {
        long row = ((long) n * s.in().height() + y) * width;
        long to = src.at(row + end, 0);
        for (long line = src.at(row + begin, 0); line < to; line += 64) {
          sum += Lanes.get(line);
        }
      }
      i += inRow;
    }
    // Without a use of the sum the loads would be dropped.
    Lanes.set(workspace + geometry.nowhereOffset(), sum);
  }

  private void transform(long workspace, int first, int count, int group) {
    int depth = geometry.depth();
    long last = depth < Lanes.LENGTH ? depth : 4L * (depth - Lanes.LENGTH);
    long groupBytes = 4L * group * depth;
    for (int i = 0; i < count; i++) {
      int n = (first + i) / tilesOfImage;
      int tile = (first + i) % tilesOfImage;
      long pixel = ((long) n * s.in().height() + top(tile)) * s.in().width() + left(tile);
      boolean isInner = edge[tile] < 0;
      long number = (long) n * edgesOfImage + edge[tile];
      kernels.input.run(
          isInner ? inner : edges + 8 * number * geometry.planes(),
          isInner ? src.address() + 4 * pixel * src.rowStride() + groupBytes : groupBytes,
          workspace + geometry.scratchOffset(),
          workspace + i * geometry.pitch(),
          geometry.inputPlane(),
          Lanes.cover(depth),
          last);
    }
  }

  private void multiply(long workspace, int count, int group, int panel) {
    int mr = geometry.mr();
    int depth = geometry.depth();
    long rowBytes = (long) panels.nv() * Lanes.BYTES;
    for (int p = 0; p < geometry.planes(); p++) {
      long v = workspace + p * geometry.inputPlane();
      long u = filter + panels.offset(group, panel) + (long) p * depth * rowBytes;
      long m = workspace + geometry.productOffset() + p * geometry.productPlane();
      // Rows after the last tile hold what was there before; their products are not used.
      for (int i = 0; i < count; i += mr) {
        kernels.product.run(v + i * geometry.pitch(), u, m + i * rowBytes, depth);
      }
    }
  }

  private void finish(long workspace, int first, int count, int group, int panel) {
    long channel = (long) group * panels.columns() + panels.column(panel);
    long pixelBytes = 4 * dst.rowStride();
    long residualBytes = residual == null ? 0 : 4 * residual.rowStride();
    int width = out.width();
    for (int i = 0; i < count; i++) {
      int n = (first + i) / tilesOfImage;
      int tile = (first + i) % tilesOfImage;
      int y = tile / wide * geometry.down().outputs();
      int x = tile % wide * geometry.along().outputs();
      int rows = Math.min(geometry.down().outputs(), out.height() - y);
      int columns = Math.min(geometry.along().outputs(), width - x);
      long pixel = ((long) n * out.height() + y) * width + x;
      long to = dst.at(pixel, channel);
      kernels.output.run(
          workspace + geometry.productOffset() + (long) i * panels.nv() * Lanes.BYTES,
          geometry.productPlane(),
          workspace + geometry.scratchOffset(),
          bias + 4 * channel,
          to,
          pixelBytes,
          width * pixelBytes,
          residual == null ? to : residual.at(pixel, channel),
          residualBytes,
          width * residualBytes,
          panels.nv(),
          panels.last(),
          columns,
          rows,
          workspace + geometry.nowhereOffset());
      for (int r = 0; r < rows && kernels.activation != null; r++) {
        long row = to + (long) r * width * pixelBytes;
        int n2 = Math.min(panels.columns(), panels.nv() * Lanes.LENGTH);
        kernels.activation.map(row, pixelBytes, row, pixelBytes, columns, n2);
      }
    }
  }
}
