package dev.tilewright.vector;

import dev.tilewright.conv.ConvProblem;
import dev.tilewright.conv.ConvShape;

/**
 * How the outputs are cut into tiles, the tiles into blocks, and what lies where in the workspace
 * of one worker: V, a block's transformed tiles [planes][block][pitch]; M, their products with one
 * panel of the filter [planes][block][nv][lanes]; a scratch tile; a vector to write padding to.
 *
 * @param shape what is computed
 * @param down matrices over the height
 * @param along matrices over the width
 * @param mr tiles of a micro-kernel
 * @param nv its vectors of output channels
 * @param block tiles of a block, a multiple of mr
 * @param chunks pieces the panels of a group are cut into
 */
record WinogradGeometry(
    ConvShape shape,
    WinogradMatrices down,
    WinogradMatrices along,
    int mr,
    int nv,
    int block,
    int chunks) {

  /** Of the direct sum; less is not worth another piece: about 4 us. */
  private static final long MACS_PER_PART = 1_000_000;

  /**
   * @param outputs tile size in each dimension that the filter extends in
   * @param block tiles of a block at most
   */
  static WinogradGeometry of(ConvProblem problem, int outputs, MicroTile tile, int block) {
    ConvShape s = problem.shape();
    WinogradGeometry g =
        new WinogradGeometry(
            s,
            matrices(outputs, s.kernel().height()),
            matrices(outputs, s.kernel().width()),
            tile.mr(),
            tile.nv(),
            tile.mr(),
            1);
    long wanted = problem.threads() == 1 ? 1 : 4L * problem.threads();
    wanted = Math.clamp(s.macs() / MACS_PER_PART, 1, wanted);
    int independent = g.panels().independent();
    // Blocks of about one size; more chunks than blocks, for each chunk transforms its input again.
    int units = Math.ceilDiv(g.tiles(), tile.mr());
    long least = Math.ceilDiv(wanted, (long) s.groups() * independent);
    int blocks = Math.clamp(least, Math.ceilDiv(units, Math.max(1, block / tile.mr())), units);
    int unitsOfBlock = Math.ceilDiv(units, blocks);
    blocks = Math.ceilDiv(units, unitsOfBlock);
    int chunks = Math.clamp(Math.ceilDiv(wanted, (long) blocks * s.groups()), 1, independent);
    return new WinogradGeometry(s, g.down, g.along, g.mr, g.nv, unitsOfBlock * g.mr, chunks);
  }

  static WinogradMatrices matrices(int outputs, int taps) {
    return WinogradMatrices.of(taps == 1 ? 1 : outputs, taps);
  }

  int planes() {
    return down.products() * along.products();
  }

  /** Output channels, cut as the direct product's; the depth is that of all planes together. */
  Panels panels() {
    return new Panels(shape.groups(), shape.outChannels() / shape.groups(), planes() * depth(), nv);
  }

  /** Terms of each product: input channels of a group. */
  int depth() {
    return shape.inChannels() / shape.groups();
  }

  int tilesWide() {
    return Math.ceilDiv(shape.out().width(), along.outputs());
  }

  int tilesHigh() {
    return Math.ceilDiv(shape.out().height(), down.outputs());
  }

  /** Of all images. */
  int tiles() {
    return Math.multiplyExact(shape.batch() * tilesHigh(), tilesWide());
  }

  int blocks() {
    return Math.ceilDiv(tiles(), block);
  }

  /** Bytes from a tile's channels to the next tile's. */
  long pitch() {
    long vectors = Math.ceilDiv(depth(), Lanes.LENGTH);
    long bytes = vectors * Lanes.BYTES;
    // Rows 1 KB apart share a quarter of the cache's sets.
    return bytes % 1024 == 0 ? bytes + 64 : bytes;
  }

  /** Bytes from one plane of V to the next. */
  long inputPlane() {
    return odd(block * pitch());
  }

  /** Bytes from one plane of M to the next. */
  long productPlane() {
    return odd((long) block * nv * Lanes.BYTES);
  }

  /** An odd number of cache lines, so that a pixel's values in all planes are in other sets. */
  private static long odd(long bytes) {
    return Math.ceilDiv(bytes, 64) / 2 * 128 + 64;
  }

  long productOffset() {
    return planes() * inputPlane();
  }

  long scratchOffset() {
    return productOffset() + planes() * productPlane();
  }

  long nowhereOffset() {
    return scratchOffset() + (long) planes() * Lanes.BYTES;
  }

  long workspaceBytes() {
    return nowhereOffset() + Lanes.BYTES;
  }
}
