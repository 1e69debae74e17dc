package dev.tilewright.vector;

/**
 * A micro-kernel: one tile of {@code mr} pixels by {@code nv} vectors of output channels, the whole
 * reduction in one loop, the result in registers until it is stored. Instances are generated, see
 * {@link GemmTiles}.
 */
interface GemmTile {
  /**
   * dst[i][j] = activation(bias[j] + sum over k of src[rows[i] + taps[k]] * filter[k][j] +
   * residual[i][j]). All arguments but {@code depth} are addresses or offsets in bytes.
   *
   * @param rows address of mr longs: byte offset of each pixel's row from {@code src}
   * @param taps address of {@code depth} ints: byte offset of each factor from its row
   * @param depth terms of the sum, at least 1
   * @param filter packed panel, [depth][nv][lanes]
   * @param bias of the panel's first column
   * @param dst of the tile's first row and the panel's first column
   * @param dstStride from one row to the next
   * @param residual as dst; ignored by kernels without one
   * @param last offset of the last vector's columns from the panel's first; in masked kernels
   *     instead the number of columns
   */
  void run(
      long rows,
      long src,
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
