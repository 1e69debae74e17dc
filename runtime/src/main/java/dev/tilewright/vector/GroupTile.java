package dev.tilewright.vector;

/**
 * A micro-kernel of a grouped convolution: tiles of some pixels by the output channels of one slice
 * of groups, each sum in one loop. Instances are generated, see {@link RotatedTiles} and {@link
 * SpreadTiles}.
 */
interface GroupTile {
  /**
   * Computes tiles that follow each other; the last ends with the pixels, and may compute some
   * twice. All arguments but {@code depth}, {@code tiles} and {@code lastTile} are addresses or
   * bytes.
   *
   * @param rows address of a long for each pixel: offset of its first input from {@code src}
   * @param src of the slice's band
   * @param taps address of {@code depth} ints: what each step of the loop adds to a pixel
   * @param filter of the slice: bias, then the factors of each step
   * @param dst of the first pixel and the slice's first channel
   * @param dstStride from one pixel to the next
   * @param residual as dst; ignored by kernels without one
   * @param last offset of the last vector's channels from the first; of masked kernels the number
   *     of channels
   * @param tiles number of them
   * @param lastTile first pixel of the last one, counted from the first
   */
  void run(
      long rows,
      long src,
      long taps,
      int depth,
      long filter,
      long dst,
      long dstStride,
      long residual,
      long residualStride,
      long last,
      int tiles,
      long lastTile);
}
