package dev.tilewright.op;

import dev.tilewright.graph.Op;
import dev.tilewright.graph.ShapeException;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.View;

/**
 * Pools regions of an image into bins (He et al. 2017, Mask R-CNN). A bin averages bilinear samples
 * on a grid in it. Whether a sample counts and what it weighs is a product of one factor for its
 * row and one for its column, so the sum over a bin is one over its pixels, each read once: factors
 * of rows and columns are summed up first. A maximum, as the model format defines it, is that of
 * the single products of pixel and weight.
 *
 * <p>Kernels elsewhere refuse the same regions, by {@link #check}.
 *
 * <p>Workspace: factors of all rows, then of all columns, then a value for each channel, 8 bytes
 * each. An item is a row of bins of a region.
 */
public record RoiAlign(Op.RoiAlign op, Shape src) implements Kernel {
  /** Samples along an axis of a bin; a region that asks for more is no region of an image. */
  private static final double MOST_SAMPLES = 1 << 14;

  @Override
  public long workspaceBytes() {
    return 8L * (src.dim(1) + src.dim(2) + src.dim(3));
  }

  @Override
  public Task bind(Operands operands) {
    View image = operands.in().get(0);
    View regions = operands.in().get(1);
    View batches = operands.in().get(2);
    View dst = operands.out().getFirst();
    int channels = src.dim(3);
    long row = 4L * op.width() * channels;
    return Split.byCost(
        (long) dst.shape().dim(0) * op.height(),
        16L * op.width() * channels,
        (from, to, worker) -> {
          for (long i = from; i < to; i++) {
            long region = i / op.height();
            bins(
                image.address() + 4 * image(batches, region) * src.product(1, 4),
                regions.address() + 16 * region,
                (int) (i % op.height()),
                dst.address() + i * row,
                operands.workspace(worker));
          }
        });
  }

  /**
   * Nothing if the regions from {@code from} (included) to {@code to} (excluded) can be computed.
   *
   * @param regions [R, 4], dense
   * @param batches the image of each
   * @throws ShapeException if a region is of no image, or asks for more samples than any needs
   */
  public void check(View regions, View batches, long from, long to) {
    for (long i = from; i < to; i++) {
      image(batches, i);
      long region = regions.address() + 16 * i;
      samples(bin(region, 0, op.width()));
      samples(bin(region, 4, op.height()));
    }
  }

  private long image(View batches, long region) {
    DType index = batches.type().dtype();
    long at = batches.address() + region * index.bytes();
    return Positions.inside(Elements.getLong(index, at), 0, src.dim(0));
  }

  /** The side of a bin along the axis whose bounds are at {@code low} and 8 bytes behind. */
  private double bin(long region, int low, int bins) {
    double from = start(Elements.getFloat(region + low));
    return size(start(Elements.getFloat(region + low + 8)) - from) / bins;
  }

  /** One row of bins of a region x1, y1, x2, y2. */
  private void bins(long image, long region, int row, long dst, long workspace) {
    double x = start(Elements.getFloat(region));
    double y = start(Elements.getFloat(region + 4));
    double width = bin(region, 0, op.width());
    double height = bin(region, 4, op.height());
    int down = samples(height);
    int across = samples(width);
    double top = y + row * height;
    long columns = workspace + 8L * src.dim(1);
    long sums = columns + 8L * src.dim(2);
    factors(workspace, top, height, down, src.dim(1));
    for (int column = 0; column < op.width(); column++) {
      double left = x + column * width;
      double count = Math.max(1, (double) down * across);
      if (op.max()) {
        largest(image, top, height, down, left, width, across, sums);
        count = 1;
      } else {
        factors(columns, left, width, across, src.dim(2));
        sum(image, workspace, top, height, columns, left, width, sums);
      }
      Sums.store(dst + 4L * column * src.dim(3), sums, src.dim(3), count);
    }
  }

  private double start(double coordinate) {
    return coordinate * op.scale() - (op.halfPixel() ? 0.5 : 0);
  }

  /** Before pixels had halves, a region was at least one wide. */
  private double size(double size) {
    return op.halfPixel() ? size : Math.max(size, 1);
  }

  private int samples(double bin) {
    double samples = op.samplingRatio() > 0 ? op.samplingRatio() : Math.ceil(bin);
    if (samples > MOST_SAMPLES) {
      throw new ShapeException("a region of interest has bins of " + bin + " pixels");
    }
    return (int) samples;
  }

  private static double sample(double start, double bin, int i, int samples) {
    return start + (i + 0.5) * bin / samples;
  }

  /** Adds up what the samples of a bin take from each row (or column) that it may touch. */
  private static void factors(long factors, double start, double bin, int samples, int size) {
    int first = first(start, bin, size);
    Sums.fill(factors + 8L * first, last(start, bin, size) - first + 1L, 0);
    for (int i = 0; i < samples; i++) {
      double at = sample(start, bin, i, samples);
      if (isInside(at, size)) {
        add(factors, low(at, size), 1 - weight(at, size));
        add(factors, high(at, size), weight(at, size));
      }
    }
  }

  private static void add(long factors, int place, double weight) {
    long address = factors + 8L * place;
    Elements.setDouble(address, Elements.getDouble(address) + weight);
  }

  private static int first(double start, double bin, int size) {
    return (int) Math.clamp(Math.floor(Math.min(start, start + bin)), 0, size - 1);
  }

  private static int last(double start, double bin, int size) {
    return (int) Math.clamp(Math.floor(Math.max(start, start + bin)) + 1, 0, size - 1);
  }

  private void sum(
      long image,
      long rows,
      double top,
      double height,
      long columns,
      double left,
      double width,
      long sums) {
    int channels = src.dim(3);
    Sums.fill(sums, channels, 0);
    int end = last(left, width, src.dim(2));
    for (int y = first(top, height, src.dim(1)); y <= last(top, height, src.dim(1)); y++) {
      double vertical = Elements.getDouble(rows + 8L * y);
      for (int x = first(left, width, src.dim(2)); vertical != 0 && x <= end; x++) {
        double weight = vertical * Elements.getDouble(columns + 8L * x);
        if (weight != 0) {
          Sums.addScaled(sums, channels, weight, pixel(image, y, x), Float.BYTES);
        }
      }
    }
  }

  private void largest(
      long image,
      double top,
      double height,
      int down,
      double left,
      double width,
      int across,
      long sums) {
    int channels = src.dim(3);
    Sums.fill(sums, channels, down > 0 && across > 0 ? Double.NEGATIVE_INFINITY : 0);
    for (int i = 0; i < down; i++) {
      double y = sample(top, height, i, down);
      for (int j = 0; j < across; j++) {
        double x = sample(left, width, j, across);
        boolean counts = isInside(y, src.dim(1)) && isInside(x, src.dim(2));
        for (int corner = 0; corner < 4; corner++) {
          boolean low = corner < 2;
          boolean near = corner % 2 == 0;
          double vertical = low ? 1 - weight(y, src.dim(1)) : weight(y, src.dim(1));
          double horizontal = near ? 1 - weight(x, src.dim(2)) : weight(x, src.dim(2));
          int row = low ? low(y, src.dim(1)) : high(y, src.dim(1));
          int column = near ? low(x, src.dim(2)) : high(x, src.dim(2));
          double weight = counts ? vertical * horizontal : 0;
          Sums.maxScaled(sums, channels, weight, pixel(image, row, column));
        }
      }
    }
  }

  private long pixel(long image, int y, int x) {
    return image + 4 * ((long) y * src.dim(2) + x) * src.dim(3);
  }

  /** Up to a pixel outside the image its edge goes on; what is farther counts as 0. */
  private static boolean isInside(double at, int size) {
    return at >= -1 && at <= size;
  }

  private static int low(double at, int size) {
    return (int) Math.clamp(at, 0, size - 1);
  }

  private static int high(double at, int size) {
    return Math.min(low(at, size) + 1, size - 1);
  }

  /** Of the higher of both neighbours. */
  private static double weight(double at, int size) {
    return Math.clamp(at, 0, size - 1) - low(at, size);
  }
}
