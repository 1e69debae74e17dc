package dev.tilewright.op;

/** A row of accumulators in double, in a worker's workspace, 8 bytes each. */
final class Sums {
  private Sums() {}

  static void fill(long sums, long count, double value) {
    for (long i = 0; i < count; i++) {
      Elements.setDouble(sums + 8 * i, value);
    }
  }

  /** sums[i] += factor * floats[i], the floats being {@code step} bytes apart. */
  static void addScaled(long sums, long count, double factor, long floats, long step) {
    for (long i = 0; i < count; i++) {
      double sum = Elements.getDouble(sums + 8 * i) + factor * Elements.getFloat(floats + i * step);
      Elements.setDouble(sums + 8 * i, sum);
    }
  }

  /** sums[i] = max(sums[i], floats[i]); NaN wins. */
  static void max(long sums, long count, long floats) {
    for (long i = 0; i < count; i++) {
      double max = Math.max(Elements.getDouble(sums + 8 * i), Elements.getFloat(floats + 4 * i));
      Elements.setDouble(sums + 8 * i, max);
    }
  }

  /** sums[i] = max(sums[i], factor * floats[i]); NaN wins. */
  static void maxScaled(long sums, long count, double factor, long floats) {
    for (long i = 0; i < count; i++) {
      double value = factor * Elements.getFloat(floats + 4 * i);
      Elements.setDouble(sums + 8 * i, Math.max(Elements.getDouble(sums + 8 * i), value));
    }
  }

  /** floats[i] = sums[i] / divisor, dense. */
  static void store(long floats, long sums, long count, double divisor) {
    for (long i = 0; i < count; i++) {
      Elements.setFloat(floats + 4 * i, Elements.getDouble(sums + 8 * i) / divisor);
    }
  }
}
