package dev.tilewright.vector;

import dev.tilewright.conv.ConvShape;
import dev.tilewright.tensor.Memory;
import dev.tilewright.tensor.View;
import java.lang.foreign.MemorySegment;

/**
 * Some input rows of one image and group, copied with their padding: [rows][width][stride], so that
 * every pixel's factors lie at the same distances.
 *
 * @param width columns, left padding included
 * @param stride floats from one pixel to the next, at least C/G
 */
record Band(ConvShape shape, int width, int stride, View src) {
  /**
   * Copies rows.
   *
   * @param to address of the band
   * @param n image
   * @param firstRow input row of the first; negative is padding
   */
  void fill(long to, int n, int firstRow, int rows, int group) {
    int channels = shape.inChannels() / shape.groups();
    int left = Math.min(shape.pad().left(), width);
    int columns = Math.clamp(shape.in().width(), 0, width - left);
    long pixelBytes = 4L * stride;
    for (int r = 0; r < rows; r++) {
      int y = firstRow + r;
      long row = to + (long) r * width * pixelBytes;
      if (y < 0 || y >= shape.in().height()) {
        zero(row, width * pixelBytes);
        continue;
      }
      zero(row, left * pixelBytes);
      long pixel = ((long) n * shape.in().height() + y) * shape.in().width();
      long from = src.address() + 4 * (pixel * src.rowStride() + (long) group * channels);
      copy(from, row + left * pixelBytes, columns, channels);
      zero(row + (left + columns) * pixelBytes, (width - left - columns) * pixelBytes);
    }
  }

  private void copy(long from, long to, int columns, int channels) {
    if (stride == channels && src.rowStride() == channels) {
      MemorySegment.copy(Memory.ALL, from, Memory.ALL, to, 4L * channels * columns);
      return;
    }
    for (int x = 0; x < columns; x++) {
      MemorySegment.copy(
          Memory.ALL,
          from + 4L * x * src.rowStride(),
          Memory.ALL,
          to + 4L * x * stride,
          4L * channels);
    }
  }

  /** Zeroes whole floats. */
  private static void zero(long at, long bytes) {
    for (long i = 0; i < bytes; i += 4) {
      Memory.ALL.set(java.lang.foreign.ValueLayout.JAVA_FLOAT, at + i, 0);
    }
  }
}
