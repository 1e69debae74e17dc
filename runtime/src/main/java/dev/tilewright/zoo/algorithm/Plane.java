package dev.tilewright.zoo.algorithm;

import static dev.tilewright.zoo.build.RuleException.require;

/** One channel of an image, or a mask: rows of values. Immutable. */
public final class Plane {
  /** The slope of a cubic where it meets the next. */
  private static final double A = -0.75;

  private final int height;
  private final int width;
  private final float[] values;

  /**
   * @param values row by row; not copied
   */
  public Plane(int height, int width, float... values) {
    require(
        height > 0 && width > 0 && values.length == Math.multiplyExact(height, width),
        "a plane of %dx%d has as many values, not %d",
        height,
        width,
        values.length);
    this.height = height;
    this.width = width;
    this.values = values;
  }

  public int height() {
    return height;
  }

  public int width() {
    return width;
  }

  /** Row by row. */
  public float[] values() {
    return values.clone();
  }

  /** The value of a pixel; 0 outside. */
  public float at(int y, int x) {
    return 0 <= y && y < height && 0 <= x && x < width ? values[y * width + x] : 0;
  }

  /** A part of it, which may stick out: zeros are there. */
  public Plane crop(int top, int left, int rows, int columns) {
    float[] part = new float[Math.multiplyExact(rows, columns)];
    for (int y = 0; y < rows; y++) {
      for (int x = 0; x < columns; x++) {
        part[y * columns + x] = at(top + y, left + x);
      }
    }
    return new Plane(rows, columns, part);
  }

  /**
   * The same at another size, interpolated between the centres of pixels (PyTorch's bilinear,
   * {@code align_corners=False}).
   */
  public Plane resized(int rows, int columns) {
    float[] resized = new float[Math.multiplyExact(rows, columns)];
    for (int y = 0; y < rows; y++) {
      double fromY = source(y, height, rows);
      int y0 = (int) fromY;
      int y1 = Math.min(y0 + 1, height - 1);
      for (int x = 0; x < columns; x++) {
        double fromX = source(x, width, columns);
        int x0 = (int) fromX;
        int x1 = Math.min(x0 + 1, width - 1);
        double above = between(at(y0, x0), at(y0, x1), fromX - x0);
        double below = between(at(y1, x0), at(y1, x1), fromX - x0);
        resized[y * columns + x] = (float) between(above, below, fromY - y0);
      }
    }
    return new Plane(rows, columns, resized);
  }

  /**
   * The same at another size by cubics through four pixels in each direction, of which those
   * outside are the nearest inside (PyTorch's bicubic, {@code align_corners=False}).
   */
  public Plane cubic(int rows, int columns) {
    return cubicAcross(columns).transposed().cubicAcross(rows).transposed();
  }

  private Plane cubicAcross(int columns) {
    float[] resized = new float[Math.multiplyExact(height, columns)];
    for (int x = 0; x < columns; x++) {
      double from = (x + 0.5) * width / columns - 0.5;
      int first = (int) Math.floor(from) - 1;
      for (int y = 0; y < height; y++) {
        double sum = 0;
        for (int i = first; i < first + 4; i++) {
          sum += cubic(from - i) * at(y, Math.clamp(i, 0, width - 1));
        }
        resized[y * columns + x] = (float) sum;
      }
    }
    return new Plane(height, columns, resized);
  }

  /** What a pixel counts at a distance below 2 (Keys 1981, equation 8, with PyTorch's A). */
  private static double cubic(double distance) {
    double d = Math.abs(distance);
    return d < 1 ? ((A + 2) * d - (A + 3)) * d * d + 1 : ((A * d - 5 * A) * d + 8 * A) * d - 4 * A;
  }

  private Plane transposed() {
    float[] turned = new float[values.length];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        turned[x * height + y] = values[y * width + x];
      }
    }
    return new Plane(width, height, turned);
  }

  private static double source(int place, int from, int to) {
    return Math.clamp((place + 0.5) * from / to - 0.5, 0, from - 1.0);
  }

  private static double between(double a, double b, double part) {
    return a + (b - a) * part;
  }
}
