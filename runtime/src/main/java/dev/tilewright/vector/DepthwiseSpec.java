package dev.tilewright.vector;

import dev.tilewright.conv.Activation;
import java.util.stream.IntStream;

/**
 * What a depthwise micro-kernel is made for.
 *
 * @param order what the loop goes over
 * @param rows output rows of the tile
 * @param pixels output pixels of a row, side by side
 * @param left columns at the window's left that are padding in some tile
 * @param right columns at the window's right that are padding in some tile
 * @param masked fewer channels than lanes
 */
record DepthwiseSpec(
    int kernelHeight,
    int kernelWidth,
    int strideHeight,
    int stride,
    int dilationHeight,
    int dilation,
    Order order,
    int rows,
    int pixels,
    int left,
    int right,
    boolean residual,
    Activation activation,
    boolean masked) {

  /** Loops of a kernel. */
  enum Order {
    /** Along the channels; a step is all the taps of a vector. */
    CHANNELS,
    /** Down the output rows; a step is the same. */
    DOWN,
    /** Along the channels, and for each vector over the rows of the filter. */
    FILTER_ROWS
  }

  /** Input columns between the first and last one that the tile's pixels see. */
  int window() {
    return (pixels - 1) * stride + (kernelWidth - 1) * dilation + 1;
  }

  int taps() {
    return kernelHeight * kernelWidth;
  }

  /** Input row of the tile that output row q sees through filter row r. */
  int inputRow(int q, int r) {
    return q * strideHeight + r * dilationHeight;
  }

  /** The filter row through which output row q sees input row i, or -1. */
  int filterRow(int i, int q) {
    int first = i - q * strideHeight;
    boolean exists =
        first >= 0 && first % dilationHeight == 0 && first / dilationHeight < kernelHeight;
    return exists ? first / dilationHeight : -1;
  }

  /** The same of the last. */
  int inputRows() {
    return inputRow(rows - 1, kernelHeight - 1) + 1;
  }

  /** The output pixel that sees window column j through tap t, or -1. */
  int pixel(int j, int t) {
    int first = j - t * dilation;
    boolean exists = first >= 0 && first % stride == 0 && first / stride < pixels;
    return exists ? first / stride : -1;
  }

  /** Whether any pixel sees window column j. */
  boolean isUsed(int j) {
    return IntStream.range(0, kernelWidth).anyMatch(t -> pixel(j, t) >= 0);
  }

  /** Whether window column j is padding in some tile. */
  boolean isEdge(int j) {
    return j < left || j >= window() - right;
  }
}
