package dev.tilewright.vector;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.tilewright.conv.ConvProblem;
import dev.tilewright.conv.ConvShape;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.tensor.View;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Runs {@link Indirect}. A part is one block of one image and group, and one cut of its panels.
 * Within it the chunks of the sum are the outer loop, then the panels: a panel's chunk stays in L1
 * or L2 while the block's input, which fits L2, is read past it.
 */
final class IndirectTask implements Task {
  /**
   * A piece with what it is computed with.
   *
   * @param table of its region
   */
  private record Placed(IndirectGeometry.Piece piece, ChunkedTile kernel, long table) {}

  private final IndirectGeometry geometry;
  private final ConvShape s;
  private final ConvShape.Size out;
  private final Panels panels;
  private final @Nullable RowKernel activation;
  private final Operands operands;
  private final long filter;
  private final long bias;
  private final View src;
  private final View dst;
  private final @Nullable View residual;
  private final Placed[][] blocks;
  private final long zeros;

  IndirectTask(
      ConvProblem problem,
      IndirectGeometry geometry,
      Map<Integer, ChunkedTile> kernels,
      @Nullable RowKernel activation,
      long filter,
      long bias,
      Operands operands) {
    this.geometry = geometry;
    this.s = geometry.shape();
    this.out = s.out();
    this.panels = geometry.panels();
    this.activation = activation;
    this.filter = filter;
    this.bias = bias;
    this.operands = operands;
    src = operands.in().getFirst();
    dst = operands.out().getFirst();
    residual = problem.epilogue().residual() ? operands.in().get(1) : null;
    zeros = operands.arena().allocate((long) panels.nv() * Lanes.BYTES, 64).address();
    Map<Region, Long> tables = new HashMap<>();
    blocks =
        geometry.blocks().stream()
            .map(
                block -> block.stream().map(p -> placed(p, kernels, tables)).toArray(Placed[]::new))
            .toArray(Placed[][]::new);
  }

  private Placed placed(
      IndirectGeometry.Piece p, Map<Integer, ChunkedTile> kernels, Map<Region, Long> tables) {
    ChunkedTile tile = Objects.requireNonNull(kernels.get(p.mr()));
    return new Placed(p, tile, tables.computeIfAbsent(p.region(), this::table));
  }

  /**
   * Per factor of a region's sums, the byte offsets of the source value and of the filter's row.
   * Kernels read one more.
   */
  private long table(Region region) {
    int channels = geometry.channels();
    long rowBytes = (long) panels.nv() * Lanes.BYTES;
    MemorySegment table = operands.arena().allocate(JAVA_INT, 2L * (geometry.depth(region) + 1));
    int at = 0;
    for (int y = 0; y < region.rows().taps(); y++) {
      for (int x = 0; x < region.columns().taps(); x++) {
        long pixel =
            (long) y * s.dilation().height() * s.in().width() + (long) x * s.dilation().width();
        long tap =
            (long) (region.rows().firstTap() + y) * s.kernel().width()
                + region.columns().firstTap()
                + x;
        for (int c = 0; c < channels; c++) {
          table.setAtIndex(JAVA_INT, at++, Math.toIntExact(4 * (pixel * src.rowStride() + c)));
          table.setAtIndex(JAVA_INT, at++, Math.toIntExact((tap * channels + c) * rowBytes));
        }
      }
    }
    return table.address();
  }

  @Override
  public int parts() {
    return blocks.length * s.batch() * s.groups() * geometry.cuts();
  }

  @Override
  public void run(int from, int to, int worker) {
    for (int part = from; part < to; part++) {
      int cut = part % geometry.cuts();
      int image = part / geometry.cuts();
      int group = image % s.groups();
      int n = image / s.groups() % s.batch();
      run(blocks[image / s.groups() / s.batch()], n, group, cut);
    }
  }

  private void run(Placed[] block, int n, int group, int cut) {
    int firstPanel = panels.firstOfCut(cut, geometry.cuts());
    int endPanel = panels.firstOfCut(cut + 1, geometry.cuts());
    for (int k = 0; k < panels.depth(); k += geometry.chunk()) {
      for (int panel = firstPanel; panel < endPanel; panel++) {
        for (Placed p : block) {
          int depth = geometry.depth(p.piece.region());
          if (k < depth) {
            tiles(p, n, group, panel, k, Math.min(depth, k + geometry.chunk()));
          }
        }
      }
    }
    if (activation != null) {
      int first = firstPanel == 0 ? 0 : panels.column(firstPanel);
      int end = endPanel == panels.count() ? panels.columns() : panels.column(endPanel);
      for (Placed p : block) {
        activate(activation, p.piece, n, (long) group * panels.columns() + first, end - first);
      }
    }
  }

  private void activate(
      RowKernel function, IndirectGeometry.Piece p, int n, long column, int columns) {
    long step = 4 * dst.rowStride();
    for (int y = p.top(); y < p.top() + p.height(); y++) {
      long to = dst.at(pixel(n, y, p.left()), column);
      function.map(to, step, to, step, p.width(), columns);
    }
  }

  /** The factors {@code begin} to {@code end} of a piece's sums. */
  private void tiles(Placed placed, int n, int group, int panel, int begin, int end) {
    IndirectGeometry.Piece p = placed.piece;
    int lines = p.upright() ? p.width() : p.height();
    int length = p.upright() ? p.height() : p.width();
    int depth = geometry.depth(p.region());
    for (int line = 0; line < lines; line++) {
      for (int i = 0; i < length; i += p.mr()) {
        int along = Math.min(i, length - p.mr());
        int y = p.top() + (p.upright() ? along : line);
        int x = p.left() + (p.upright() ? line : along);
        if (along == i) {
          tile(placed, n, y, x, group, panel, begin, end);
        } else if (end == depth) {
          // Shares pixels with the tile before, so that it computes them from the start.
          tile(placed, n, y, x, group, panel, 0, depth);
        }
      }
    }
  }

  private long pixel(int n, int y, int x) {
    return ((long) n * out.height() + y) * out.width() + x;
  }

  private void tile(Placed placed, int n, int y, int x, int group, int panel, int begin, int end) {
    IndirectGeometry.Piece p = placed.piece;
    Region region = p.region();
    long inY =
        (long) y * s.stride().height()
            - s.pad().top()
            + (long) region.rows().firstTap() * s.dilation().height();
    long inX =
        (long) x * s.stride().width()
            - s.pad().left()
            + (long) region.columns().firstTap() * s.dilation().width();
    long from = ((long) n * s.in().height() + inY) * s.in().width() + inX;
    // From one pixel of the tile to the next.
    long outStep = p.upright() ? out.width() : 1;
    long inStep = p.upright() ? (long) s.stride().height() * s.in().width() : s.stride().width();
    long pixel = pixel(n, y, x);
    long column = (long) group * panels.columns() + panels.column(panel);
    View more = begin > 0 ? dst : residual;
    long to = dst.at(pixel, column);
    placed
        .kernel
        .of(begin == 0, end == geometry.depth(region))
        .run(
            src.at(from, (long) group * geometry.channels()),
            4 * inStep * src.rowStride(),
            0,
            placed.table + 8L * begin,
            end - begin,
            filter + panels.offset(group, panel),
            begin > 0 ? zeros : bias + 4 * column,
            to,
            4 * outStep * dst.rowStride(),
            more == null ? to : more.at(pixel, column),
            more == null ? 0 : 4 * outStep * more.rowStride(),
            panels.last());
  }
}
