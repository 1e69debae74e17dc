package dev.tilewright.vector;

import dev.tilewright.conv.ConvProblem;
import dev.tilewright.conv.ConvShape;

/**
 * How the pixels of a grouped convolution are cut into blocks of output rows, and the band that
 * holds the input of one block and slice with its padding: [rows][width][stride].
 *
 * @param out of the shape, which makes a new one at each call
 * @param mr pixels of a tile: of one row for {@link SpreadTiles}, else any that follow each other
 * @param blocks of an image; each has at least mr pixels
 */
record GroupGeometry(GroupLanes lanes, ConvShape.Size out, int mr, int blocks) {
  /** A band this large stays in L1 or close to it: from 24 to 96 KB the speed is the same. */
  private static final int BAND_BYTES = 48 << 10;

  /** Less than this is not worth another piece: about 2 us. */
  private static final long MACS_PER_PART = 150_000;

  static GroupGeometry of(ConvProblem problem, GroupLanes lanes, int mr) {
    ConvShape s = problem.shape();
    ConvShape.Size out = s.out();
    int height = out.height();
    int most = Math.max(1, height / Math.ceilDiv(mr, out.width()));
    GroupGeometry one = new GroupGeometry(lanes, out, mr, 1);
    long rowBytes = 4L * s.stride().height() * one.bandWidth() * lanes.bandStride();
    long blocks = Math.ceilDiv(height, Math.max(1, BAND_BYTES / rowBytes));
    long wanted = problem.threads() == 1 ? 1 : 4L * problem.threads();
    wanted = Math.clamp(s.macs() / MACS_PER_PART, 1, wanted);
    long pieces = Math.ceilDiv(wanted, (long) s.batch() * lanes.independent());
    return new GroupGeometry(lanes, out, mr, Math.clamp(Math.max(blocks, pieces), 1, most));
  }

  private ConvShape shape() {
    return lanes.shape();
  }

  /** Pixels that tiles are taken from: the last ends with them. */
  int segment(int rows) {
    int width = out.width();
    return lanes.rotated() ? rows * width : width;
  }

  /** First output row of a block; of the number of blocks, the number of rows. */
  int firstRow(int block) {
    return (int) ((long) block * out.height() / blocks);
  }

  int mostRows() {
    return Math.ceilDiv(out.height(), blocks);
  }

  int bandRows(int rows) {
    ConvShape s = shape();
    return (rows - 1) * s.stride().height() + (s.kernel().height() - 1) * s.dilation().height() + 1;
  }

  int bandWidth() {
    ConvShape s = shape();
    return (out.width() - 1) * s.stride().width()
        + (s.kernel().width() - 1) * s.dilation().width()
        + 1;
  }

  long pixelBytes() {
    return 4L * lanes.bandStride();
  }

  long rowBytes() {
    return pixelBytes() * bandWidth();
  }

  /** Size of the band of one worker, and a vector that copies may write behind it. */
  long bandBytes() {
    return rowBytes() * bandRows(mostRows()) + Lanes.BYTES;
  }

  /** Pixels computed for all images, those that two tiles share counted twice. */
  long computedPixels() {
    long sum = 0;
    for (int b = 0; b < blocks; b++) {
      int rows = firstRow(b + 1) - firstRow(b);
      int segments = lanes.rotated() ? 1 : rows;
      sum += (long) segments * Math.ceilDiv(segment(rows), mr) * mr;
    }
    return sum * shape().batch();
  }

  /** Band pixels copied for all images and one slice. */
  long copiedPixels() {
    long sum = 0;
    for (int b = 0; b < blocks; b++) {
      sum += (long) bandRows(firstRow(b + 1) - firstRow(b)) * bandWidth();
    }
    return sum * shape().batch();
  }
}
