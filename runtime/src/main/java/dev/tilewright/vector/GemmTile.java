package dev.tilewright.vector;

/**
 * A micro-kernel: one tile of {@code mr} pixels by {@code nv} vectors of output channels, the whole
 * reduction in one loop, the result in registers until it is stored. Instances are generated, see
 * {@link GemmTiles}.
 */
interface GemmTile {
  /**
   * dst[i][j] = activation(bias[j] + sum over k of src[at(i) + taps[k]] * filter[k][j] +
   * residual[i][j]), where pixel i of a tile {@code width} pixels wide is at(i) = i / width *
   * rowStride + i % width * pixelStride. All arguments but {@code depth} are addresses or distances
   * in bytes.
   *
   * @param src of the tile's first pixel
   * @param pixelStride from one pixel to the next in a row, below 2^31
   * @param rowStride from one row of pixels to the next, below 2^31
   * @param taps address of {@code depth} ints, the distance of each factor from its pixel, or of
   *     {@code depth} pairs with the distance of its row of the filter from the first; see {@link
   *     GemmTiles.Factors}
   * @param depth terms of the sum, at least 1
   * @param filter packed panel, [row][nv][lanes]
   * @param bias of the panel's first column
   * @param dst of the tile's first pixel and the panel's first column
   * @param dstStride from one pixel to the next, rows continuing
   * @param residual as dst; ignored by kernels without one
   * @param last distance of the last vector's columns from the panel's first; in masked kernels
   *     instead the number of columns
   */
  void run(
      long src,
      long pixelStride,
      long rowStride,
      long taps,
      int depth,
      long filter,
      long bias,
      long dst,
      long dstStride,
      long residual,
      long residualStride,
      long last);
}
