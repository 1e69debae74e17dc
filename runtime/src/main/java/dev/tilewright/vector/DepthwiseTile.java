package dev.tilewright.vector;

/**
 * A depthwise micro-kernel: {@code pixels} neighbours of one output row, all channels of a range.
 * Instances are generated, see {@link DepthwiseTiles}.
 */
interface DepthwiseTile {
  /**
   * Computes the tile. All arguments but {@code vectors} are addresses or numbers of bytes.
   *
   * @param rows address of KH longs: address of each input row, or of a row of zeros
   * @param column of the window's first column from the row's start; negative in left padding
   * @param pixelStride of src
   * @param vectors of channels
   * @param lastVector offset of the last vector's channels from the first; masked kernels: the
   *     number of channels
   * @param filter [vectors][1 + KH * KW][lanes]: bias and taps of each vector
   * @param dst of the first pixel and channel
   * @param dstStride from one pixel to the next
   * @param residual as dst; ignored by kernels without one
   * @param left first column of the window that is inside the image
   * @param right first column after those that are
   * @param zeros address of as many zeros as there are channels
   */
  void run(
      long rows,
      long column,
      long pixelStride,
      int vectors,
      long lastVector,
      long filter,
      long dst,
      long dstStride,
      long residual,
      long residualStride,
      long left,
      long right,
      long zeros);
}
