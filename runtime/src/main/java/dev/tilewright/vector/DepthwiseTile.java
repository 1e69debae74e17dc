package dev.tilewright.vector;

/**
 * A depthwise micro-kernel: a tile of neighbouring pixels of one output row or a few, and a loop
 * over vectors of channels or down the rows. Instances are generated, see {@link DepthwiseTiles}.
 */
interface DepthwiseTile {
  /**
   * Computes tiles. All arguments but {@code count} are addresses or numbers of bytes, unless they
   * say otherwise.
   *
   * @param rows address of KH longs for each output row: address of each input row, or of a row of
   *     zeros
   * @param column of the window's first column from the row's start; negative in left padding
   * @param pixelStride of src
   * @param count of steps: vectors of channels, or tiles below each other
   * @param last offset of the last vector's channels from the first; or the output row of the last
   *     tile, counted from the first
   * @param lanes number of channels, for masked kernels
   * @param filter [vectors][1 + KH * KW][lanes]: bias and taps of each vector
   * @param filterRows KH, for loops over them: as a constant, C2 would unroll the loop
   * @param dst of the first pixel and channel
   * @param dstStride from one pixel to the next
   * @param dstRow from one output row to the next
   * @param residual as dst; ignored by kernels without one
   * @param left first column of the window that is inside the image
   * @param right first column after those that are
   * @param zeros address of as many zeros as there are channels
   */
  void run(
      long rows,
      long column,
      long pixelStride,
      int count,
      long last,
      long lanes,
      long filter,
      int filterRows,
      long dst,
      long dstStride,
      long dstRow,
      long residual,
      long residualStride,
      long residualRow,
      long left,
      long right,
      long zeros);
}
