package dev.tilewright.op;

import dev.tilewright.graph.Op;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.View;

/**
 * Reads an image wherever a grid says: the weighted sum of the pixels around each point, in double,
 * for all channels together. What lies outside the image is decided pixel by pixel.
 *
 * @param channels of the image
 */
record GridSample(Op.GridSample op, int channels) implements Kernel {
  private static final int OUTSIDE = -1;

  /** Of the cubic kernel (Keys 1981, eq. 4). */
  private static final double CUBIC = -0.75;

  @Override
  public long workspaceBytes() {
    return WeightedPixels.bytes(channels);
  }

  @Override
  public Task bind(Operands operands) {
    View src = operands.in().get(0);
    View grid = operands.in().get(1);
    View dst = operands.out().getFirst();
    Shape out = dst.shape();
    long points = out.product(1, 3);
    int height = src.shape().dim(1);
    int width = src.shape().dim(2);
    long image = 4L * height * width * channels;
    return Split.byCost(
        out.dim(0) * points,
        (op.interpolation() == Op.Interpolation.CUBIC ? 16L : 4L) * channels,
        (from, to, worker) -> {
          long list = operands.workspace(worker);
          for (long i = from; i < to; i++) {
            long point = grid.address() + 8 * i;
            double x = coordinate(Elements.getFloat(point), width);
            double y = coordinate(Elements.getFloat(point + 4), height);
            int count = collect(list, src.address() + i / points * image, y, x, height, width);
            WeightedPixels.sum(list, count, dst.address() + 4 * i * channels, channels);
          }
        });
  }

  /** -1 and 1 are the centres of the outermost pixels, or their outer edges. */
  private double coordinate(double normal, int size) {
    double x = op.alignCorners() ? (normal + 1) / 2 * (size - 1) : ((normal + 1) * size - 1) / 2;
    return Math.clamp(x, -1e9, 1e9); // positions stay integers; NaN stays NaN
  }

  private int collect(long list, long image, double y, double x, int height, int width) {
    int taps =
        switch (op.interpolation()) {
          case NEAREST -> 1;
          case LINEAR -> 2;
          case CUBIC -> 4;
        };
    double top = first(y, taps);
    double left = first(x, taps);
    int count = 0;
    for (int i = 0; i < taps; i++) {
      int row = inside((long) top + i, height);
      double vertical = weight(taps, Math.abs(y - top - i));
      if (row == OUTSIDE || vertical == 0) {
        continue;
      }
      for (int j = 0; j < taps; j++) {
        int column = inside((long) left + j, width);
        double weight = vertical * weight(taps, Math.abs(x - left - j));
        if (column != OUTSIDE && weight != 0) { // an infinite pixel counts only where it has weight
          long pixel = ((long) row * width + column) * channels;
          WeightedPixels.put(list, count++, image + 4 * pixel, weight);
        }
      }
    }
    return count;
  }

  private static double first(double x, int taps) {
    return taps == 1 ? Math.rint(x) : Math.floor(x) - (taps / 2 - 1);
  }

  private static double weight(int taps, double d) {
    return switch (taps) {
      case 1 -> 1;
      case 2 -> 1 - d;
      default ->
          d <= 1
              ? ((CUBIC + 2) * d - (CUBIC + 3)) * d * d + 1
              : ((CUBIC * d - 5 * CUBIC) * d + 8 * CUBIC) * d - 4 * CUBIC;
    };
  }

  /** The pixel that stands for position i of a line. */
  private int inside(long i, int size) {
    if (i >= 0 && i < size) {
      return (int) i;
    }
    return switch (op.outside()) {
      case ZEROS -> OUTSIDE;
      case BORDER -> Math.clamp(i, 0, size - 1);
      case REFLECTION -> reflected(i, size);
    };
  }

  /** Mirrors stand at the centres of the outermost pixels, which are not repeated, or at edges. */
  private int reflected(long i, int size) {
    if (op.alignCorners()) {
      long period = Math.max(1, 2L * (size - 1));
      long at = Math.floorMod(i, period);
      return (int) Math.min(at, period - at);
    }
    long at = Math.floorMod(i, 2L * size);
    return (int) Math.min(at, 2L * size - 1 - at);
  }
}
