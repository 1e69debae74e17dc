package dev.tilewright.op;

/**
 * A weighted sum of pixels, each a run of floats: first collected pixel by pixel, then computed for
 * all channels at once. It lives in a worker's workspace: up to {@link #MOST} addresses and weights
 * of 8 bytes each, then the sums in double.
 */
final class WeightedPixels {
  /** The pixels under a cubic kernel. */
  static final int MOST = 16;

  private static final long ENTRY = 16;
  private static final long SUMS = MOST * ENTRY;

  private WeightedPixels() {}

  static long bytes(int channels) {
    return SUMS + (long) channels * Double.BYTES;
  }

  /** Puts a pixel at a place of the list. */
  static void put(long list, int place, long pixel, double weight) {
    Elements.setAddress(list + place * ENTRY, pixel);
    Elements.setDouble(list + place * ENTRY + 8, weight);
  }

  /** Writes the sum of the first {@code count} pixels of the list. */
  static void sum(long list, int count, long dst, int channels) {
    if (count == 4) {
      four(list, dst, channels);
      return;
    }
    long sums = list + SUMS;
    Sums.fill(sums, channels, 0);
    for (int i = 0; i < count; i++) {
      Sums.addScaled(sums, channels, weight(list, i), pixel(list, i), Float.BYTES);
    }
    Sums.store(dst, sums, channels, 1);
  }

  /** The four around a point: by far the most frequent. */
  private static void four(long list, long dst, int channels) {
    long a = pixel(list, 0);
    long b = pixel(list, 1);
    long c = pixel(list, 2);
    long d = pixel(list, 3);
    double wa = weight(list, 0);
    double wb = weight(list, 1);
    double wc = weight(list, 2);
    double wd = weight(list, 3);
    for (int i = 0; i < channels; i++) {
      long at = 4L * i;
      double top = wa * Elements.getFloat(a + at) + wb * Elements.getFloat(b + at);
      double bottom = wc * Elements.getFloat(c + at) + wd * Elements.getFloat(d + at);
      Elements.setFloat(dst + at, top + bottom);
    }
  }

  private static long pixel(long list, int place) {
    return Elements.getAddress(list + place * ENTRY);
  }

  private static double weight(long list, int place) {
    return Elements.getDouble(list + place * ENTRY + 8);
  }
}
