package dev.tilewright.vector;

import dev.tilewright.conv.ConvProblem;
import dev.tilewright.conv.ConvShape;

/**
 * How output pixels, numbered through all images, are cut into blocks of whole tiles, and the sum
 * into chunks.
 *
 * @param out size of an output image
 * @param mr pixels of a tile
 * @param blockTiles tiles of a block, but for the last
 * @param blocks of all images
 * @param chunk factors of a chunk, but for the last; a whole number of taps, or a part of one
 */
record Im2colGeometry(
    ConvShape shape,
    ConvShape.Size out,
    Panels panels,
    int mr,
    int blockTiles,
    int blocks,
    int chunk) {

  /** Copied factors of a block: with a chunk of a panel they stay in an L2 of 512 KB. */
  private static final int BLOCK_BYTES = 192 << 10;

  /** Long enough that reading and writing the sums in between is 2 % of the time. */
  private static final int CHUNK = 512;

  static Im2colGeometry of(ConvProblem problem, MicroTile tile) {
    ConvShape s = problem.shape();
    ConvShape.Size out = s.out();
    Panels panels = Panels.of(s, tile.nv());
    int chunk = chunk(s, panels);
    int tiles = Math.ceilDiv(s.batch() * out.height() * out.width(), tile.mr());
    int most = Math.max(1, BLOCK_BYTES / (4 * (chunk + 16) * tile.mr()));
    int wanted = problem.threads() == 1 ? 1 : 4 * problem.threads();
    int blocks = Math.max(Math.ceilDiv(tiles, most), Math.min(tiles, wanted));
    int blockTiles = Math.ceilDiv(tiles, blocks);
    return new Im2colGeometry(
        s, out, panels, tile.mr(), blockTiles, Math.ceilDiv(tiles, blockTiles), chunk);
  }

  /**
   * Sums pass between chunks through dst, which two vectors or panels must then not share columns
   * of: else the sum is not cut.
   */
  private static int chunk(ConvShape s, Panels panels) {
    int channels = s.inChannels() / s.groups();
    if (panels.columns() % (panels.nv() * Lanes.LENGTH) != 0 || panels.depth() <= 2 * CHUNK) {
      return panels.depth();
    }
    return channels >= CHUNK
        ? Math.ceilDiv(channels, channels / CHUNK)
        : channels * (CHUNK / channels);
  }

  int tiles() {
    return Math.ceilDiv(pixels(), mr);
  }

  /** Output pixels of all images. */
  int pixels() {
    return shape.batch() * out.height() * out.width();
  }

  int firstPixel(int block) {
    return Math.min(pixels(), block * blockTiles * mr);
  }

  int chunks() {
    int channels = channels();
    return chunk >= channels
        ? Math.ceilDiv(panels.depth(), chunk)
        : Math.ceilDiv(channels, chunk) * (panels.depth() / channels);
  }

  int channels() {
    return shape.inChannels() / shape.groups();
  }

  /** First factor of a chunk; of the number of chunks, the number of factors. */
  int firstFactor(int index) {
    int channels = channels();
    if (chunk >= channels) {
      return Math.min(panels.depth(), index * chunk);
    }
    int perTap = Math.ceilDiv(channels, chunk);
    return index / perTap * channels + index % perTap * chunk;
  }

  /** Floats from one copied pixel to the next: no multiple of 4 KB, which is one cache set. */
  int pitch() {
    return chunk + (chunk % 128 == 0 ? 16 : 0);
  }

  /** Bytes of a worker's copied factors; after them comes a tile of dst and one of the residual. */
  long copiedBytes() {
    return (4L * pitch() * blockTiles * mr + 63) / 64 * 64;
  }

  long tileBytes() {
    return (long) mr * panels.nv() * Lanes.BYTES;
  }

  long workspaceBytes() {
    return copiedBytes() + 2 * tileBytes();
  }

  /** Share of the taps that lie in the image, over all pixels; 1 unless the sum is in chunks. */
  double usefulShare() {
    if (chunk > channels()) {
      return 1;
    }
    return (double) inside(true) * inside(false) / ((double) taps(true) * taps(false));
  }

  private long taps(boolean vertical) {
    return vertical
        ? (long) out.height() * shape.kernel().height()
        : (long) out.width() * shape.kernel().width();
  }

  private long inside(boolean vertical) {
    long count = 0;
    int size = vertical ? out.height() : out.width();
    int taps = vertical ? shape.kernel().height() : shape.kernel().width();
    for (int o = 0; o < size; o++) {
      for (int t = 0; t < taps; t++) {
        int at = vertical ? inputRow(o, t) : inputColumn(o, t);
        count += at >= 0 && at < (vertical ? shape.in().height() : shape.in().width()) ? 1 : 0;
      }
    }
    return count;
  }

  /** Row of the image that a tap of an output row reads; outside it if that is padding. */
  int inputRow(int row, int tap) {
    return row * shape.stride().height() - shape.pad().top() + tap * shape.dilation().height();
  }

  /** Column of the image that a tap of an output column reads. */
  int inputColumn(int column, int tap) {
    return column * shape.stride().width() - shape.pad().left() + tap * shape.dilation().width();
  }
}
