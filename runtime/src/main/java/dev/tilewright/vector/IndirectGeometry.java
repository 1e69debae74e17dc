package dev.tilewright.vector;

import dev.tilewright.conv.ConvProblem;
import dev.tilewright.conv.ConvShape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * How the {@link Region}s of an output are cut into pieces, and those into tiles.
 *
 * @param blocks pieces of one image and group that read the same memory: all of them if the image
 *     is small, else each alone
 * @param chunk factors of a sum that are multiplied with all panels before the next
 * @param cuts pieces the panels of a group are cut into
 */
record IndirectGeometry(
    ConvShape shape, Panels panels, List<List<Piece>> blocks, int chunk, int cuts) {
  /** Bytes of input a block reads: with a panel of the filter this stays in an L2 of 512 KB. */
  private static final int BLOCK_BYTES = 192 << 10;

  /** A larger panel would not stay in L2 from one tile to the next. */
  private static final int PANEL_BYTES = 512 << 10;

  /** Less than this is not worth another piece: about 2 us. */
  private static final long MACS_PER_PART = 250_000;

  /**
   * Rows and columns of a region with their own tiles: a tile is {@code mr} pixels of one row, or
   * {@code upright} of one column. The last of a row or column reaches back over pixels of the one
   * before.
   */
  record Piece(Region region, int mr, boolean upright, int top, int left, int height, int width) {
    /** Tiles of the piece. */
    long tiles() {
      return upright
          ? (long) width * Math.ceilDiv(height, mr)
          : (long) height * Math.ceilDiv(width, mr);
    }
  }

  static IndirectGeometry of(ConvProblem problem, MicroTile tile) {
    ConvShape s = problem.shape();
    Panels panels = Panels.of(s, tile.nv());
    long wanted = problem.threads() == 1 ? 1 : 4L * problem.threads();
    wanted = Math.clamp(s.macs() / MACS_PER_PART, 1, wanted);
    List<Piece> pieces = new ArrayList<>();
    List<List<Piece>> blocks = new ArrayList<>();
    int chunk = panels.depth();
    int channels = s.inChannels() / s.groups();
    if (4L * channels * s.in().height() * s.in().width() <= BLOCK_BYTES) {
      Region.of(s).forEach(region -> pieces.add(best(region, tile)));
      blocks.add(pieces);
    } else {
      chunk = chunk(panels);
      for (Region region : Region.of(s)) {
        long macs = region.pixels() * region.taps() * macsPerTap(s);
        long read = region.pixels() * s.stride().height() * s.stride().width();
        long bytes = 4L * Math.min(channels, chunk) * read;
        long count =
            Math.max(
                Math.ceilDiv(macs, Math.ceilDiv(s.macs(), wanted)),
                Math.ceilDiv(bytes, BLOCK_BYTES));
        cut(best(region, tile), (int) count, pieces);
      }
      // The largest first, so that threads end together.
      pieces.sort(Comparator.comparingLong(p -> -p.tiles() * p.mr() * p.region().taps()));
      pieces.forEach(piece -> blocks.add(List.of(piece)));
    }
    long perBlock = Math.ceilDiv(wanted, (long) blocks.size() * s.groups() * s.batch());
    int cuts = Math.clamp(perBlock, 1, panels.independent());
    return new IndirectGeometry(s, panels, blocks, chunk, cuts);
  }

  /**
   * Sums pass between chunks through dst, which two vectors or panels must then not share columns
   * of: else they are not cut.
   */
  private static int chunk(Panels panels) {
    long rowBytes = (long) panels.nv() * Lanes.BYTES;
    boolean apart = panels.columns() % (panels.nv() * Lanes.LENGTH) == 0;
    return apart && panels.depth() * rowBytes > PANEL_BYTES
        ? (int) (PANEL_BYTES / 4 / rowBytes)
        : panels.depth();
  }

  private static long macsPerTap(ConvShape s) {
    return (long) s.batch() * s.inChannels() / s.groups() * s.outChannels();
  }

  /** Along its rows or its columns, in tiles of the size that computes least twice. */
  private static Piece best(Region r, MicroTile most) {
    int height = r.rows().length();
    int width = r.columns().length();
    List<Piece> pieces = new ArrayList<>();
    for (int mr : sizes(most)) {
      for (boolean upright : new boolean[] {false, true}) {
        if (mr <= (upright ? height : width)) {
          pieces.add(new Piece(r, mr, upright, r.rows().from(), r.columns().from(), height, width));
        }
      }
    }
    int depth = 1000; // of any long sum
    return pieces.stream()
        .min(
            Comparator.comparingDouble(
                p -> p.tiles() * p.mr() / new MicroTile(p.mr(), most.nv()).efficiency(depth)))
        .orElseThrow();
  }

  /** Pixels that tiles as wide as this one may have; one pixel for what is narrower than all. */
  private static int[] sizes(MicroTile most) {
    IntStream good =
        Arrays.stream(MicroTile.candidates())
            .filter(t -> t.nv() == most.nv() && t.mr() <= most.mr())
            .mapToInt(MicroTile::mr);
    return IntStream.concat(good, IntStream.of(1)).distinct().toArray();
  }

  /** Into pieces of whole rows of tiles. */
  private static void cut(Piece p, int wanted, List<Piece> pieces) {
    int lines = p.upright() ? p.width() : p.height();
    int count = Math.clamp(wanted, 1, lines);
    for (int i = 0; i < count; i++) {
      int from = (int) ((long) lines * i / count);
      int length = (int) ((long) lines * (i + 1) / count) - from;
      pieces.add(
          p.upright()
              ? new Piece(p.region(), p.mr(), true, p.top(), p.left() + from, p.height(), length)
              : new Piece(p.region(), p.mr(), false, p.top() + from, p.left(), length, p.width()));
    }
  }

  int channels() {
    return shape.inChannels() / shape.groups();
  }

  List<Piece> pieces() {
    return blocks.stream().flatMap(List::stream).toList();
  }

  /** Whether some sums are. */
  boolean cut() {
    return chunk < panels.depth();
  }

  /** Terms of the sums of a region. */
  int depth(Region region) {
    return region.taps() * channels();
  }
}
