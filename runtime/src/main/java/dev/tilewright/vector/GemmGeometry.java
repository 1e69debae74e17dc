package dev.tilewright.vector;

import dev.tilewright.conv.ConvProblem;
import dev.tilewright.conv.ConvShape;
import org.jspecify.annotations.Nullable;

/**
 * How the pixels of a convolution are cut into blocks of output rows, and how a block's input rows
 * are laid out.
 *
 * <p>A 1x1 convolution of stride 1 is seen as one image of width 1, so that its blocks are any
 * number of pixels. A tile is part of one output row, or several whole ones. The last tile of a row
 * ends with it, the last of a block with the block, and computes some pixels twice.
 *
 * @param shape what is computed, 1x1 flattened
 * @param out size of the output, which a shape computes anew each time
 * @param mr pixels of a tile, at most those asked for
 * @param width pixels of a tile in one output row; divides mr
 * @param blocks of an image
 * @param unit output rows that blocks are multiples of, but for the last
 * @param copies whether input rows are copied into a band: because they need padding, or because of
 *     a stride that maps the pixels of a tile to one cache set
 * @param chunks pieces the panels of a group are cut into
 */
record GemmGeometry(
    ConvShape shape,
    ConvShape.Size out,
    int mr,
    int width,
    int blocks,
    int unit,
    boolean copies,
    int chunks) {

  /** Bytes of input a block reads: with a panel of the filter this stays in an L2 of 512 KB. */
  private static final int BLOCK_BYTES = 192 << 10;

  /** Rows that one set of an L1 cache has room for, with 8 ways, beside a panel. */
  static final int WAYS = 6;

  /** Less than this is not worth another piece: about 2 us. */
  private static final long MACS_PER_PART = 250_000;

  static GemmGeometry of(ConvProblem problem, MicroTile tile) {
    ConvShape s = flat(problem.shape());
    ConvShape.Size out = s.out();
    int width = Math.min(tile.mr(), out.width());
    int unit = Math.min(tile.mr() / width, out.height());
    int mr = unit * width;
    int units = Math.max(1, out.height() / unit);
    long rowBytes = 4L * s.stride().height() * bandWidth(s) * (s.inChannels() / s.groups()) * unit;
    long blocks = Math.ceilDiv(units, Math.max(1, BLOCK_BYTES / rowBytes));
    long wanted = problem.threads() == 1 ? 1 : 4L * problem.threads();
    wanted = Math.clamp(s.macs() / MACS_PER_PART, 1, wanted);
    long pieces = Math.ceilDiv(wanted, (long) s.batch() * s.groups());
    Panels panels = Panels.of(s, tile.nv());
    int chunks = 1;
    if (pieces > blocks) {
      // More blocks cost a little padding each, more chunks read the input again: some of both.
      blocks = Math.clamp((pieces + 1) / 2, blocks, units);
      chunks = Math.clamp(Math.ceilDiv(pieces, blocks), 1, panels.independent());
    }
    boolean copies =
        !unpadded(s) || (mr > WAYS && conflicts(s, s.inChannels()) && panels.columns() >= 64);
    return new GemmGeometry(s, out, mr, width, (int) blocks, unit, copies, chunks);
  }

  static boolean unpadded(ConvShape s) {
    return s.pad().equals(new ConvShape.Padding(0, 0, 0, 0));
  }

  /** Output rows of a tile. */
  int tileRows() {
    return mr / width;
  }

  GemmTiles.Factors factors() {
    return shape.isPointwise() ? GemmTiles.Factors.ADJACENT : GemmTiles.Factors.TABLE;
  }

  /** Bytes from the first to the last factor of a pixel, or from a row of pixels to the next. */
  static long windowBytes(ConvShape s) {
    long rows = (long) (s.kernel().height() - 1) * s.dilation().height() + 1;
    return 4L
        * Math.max(rows, s.stride().height())
        * (s.in().width() + s.pad().left() + s.pad().right())
        * (s.inChannels() + 16);
  }

  /**
   * Whether pixels a stride apart fall into one set of an L1 cache, which are 4 KB apart: measured
   * 50 % of the speed.
   */
  static boolean conflicts(ConvShape s, long pixelStride) {
    return 4 * pixelStride * s.stride().width() % 4096 == 0;
  }

  boolean conflicts(long pixelStride) {
    return conflicts(shape, pixelStride);
  }

  /** First output row of a block; of the number of blocks, the number of rows. */
  int firstRow(int block) {
    int height = out.height();
    int units = Math.max(1, height / unit);
    return block == blocks ? height : (int) ((long) block * units / blocks) * unit;
  }

  /** Largest number of output rows in a block. */
  int mostRows() {
    int most = 0;
    for (int b = 0; b < blocks; b++) {
      most = Math.max(most, firstRow(b + 1) - firstRow(b));
    }
    return most;
  }

  /** Pixels computed for all images, those that two tiles of a block share counted twice. */
  long computedPixels() {
    long sum = 0;
    long across = Math.ceilDiv(out.width(), width);
    for (int b = 0; b < blocks; b++) {
      sum += Math.ceilDiv(firstRow(b + 1) - firstRow(b), tileRows()) * across;
    }
    return sum * mr * shape.batch();
  }

  /** Input rows that this many output rows read. */
  int inputRows(int outputRows) {
    return (outputRows - 1) * shape.stride().height()
        + (shape.kernel().height() - 1) * shape.dilation().height()
        + 1;
  }

  /** Columns of the band: input columns and padding that some output reads. */
  int bandWidth() {
    return bandWidth(shape);
  }

  private static int bandWidth(ConvShape s) {
    return (s.out().width() - 1) * s.stride().width()
        + (s.kernel().width() - 1) * s.dilation().width()
        + 1;
  }

  /** Floats from one pixel of the band to the next. */
  int bandStride() {
    int channels = shape.inChannels() / shape.groups();
    return conflicts(shape, channels) ? channels + 16 : channels;
  }

  /** Distances for kernels with more pixels than they can keep addresses of, or null. */
  GemmTiles.@Nullable Strides baked() {
    if (mr <= GemmTiles.MOST_ROWS || unpadded(shape)) {
      return null;
    }
    long pixel = 4L * bandStride();
    return new GemmTiles.Strides(
        pixel * shape.stride().width(), pixel * bandWidth() * shape.stride().height());
  }

  /** Size of the band of one worker. */
  long bandBytes() {
    return copies ? 4L * inputRows(mostRows()) * bandWidth() * bandStride() : 0;
  }

  /** A 1x1 convolution without stride and padding is the same over one long column of pixels. */
  private static ConvShape flat(ConvShape s) {
    boolean dense = s.isPointwise() && unpadded(s) && s.stride().equals(new ConvShape.Size(1, 1));
    long pixels = (long) s.batch() * s.in().height() * s.in().width();
    if (!dense || pixels > Integer.MAX_VALUE) {
      return s;
    }
    return new ConvShape(
        1,
        s.groups(),
        s.inChannels(),
        s.outChannels(),
        new ConvShape.Size((int) pixels, 1),
        s.kernel(),
        s.stride(),
        s.dilation(),
        s.pad());
  }
}
