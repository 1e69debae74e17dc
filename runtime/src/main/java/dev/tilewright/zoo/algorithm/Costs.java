package dev.tilewright.zoo.algorithm;

import static dev.tilewright.zoo.build.RuleException.require;

import java.util.List;

/**
 * What the papers say that their ideas cost: multiply-adds, or the part of them that remains of an
 * ordinary convolution's. What is built counts itself ({@link
 * dev.tilewright.zoo.build.Blueprint#macs}); tests hold the two against each other.
 */
public final class Costs {
  private Costs() {}

  /**
   * Octave convolution (arXiv 1904.05049, equation 5) with alpha of the channels at low frequency.
   */
  public static double octConv(double alpha) {
    return 1 - 0.75 * share(alpha) * (2 - alpha);
  }

  /** What an octave convolution's output takes of the memory. */
  public static double octConvMemory(double alpha) {
    return 1 - 0.75 * share(alpha);
  }

  private static double share(double alpha) {
    require(alpha >= 0 && alpha <= 1, "alpha is 0 to 1, not %s", alpha);
    return alpha;
  }

  /** HetConv (arXiv 1903.04120): k x k filters on one of p channels, 1x1 on the others. */
  public static double hetConv(int p, int k) {
    require(p > 0 && k > 0, "HetConv: P and K are at least 1, not %d and %d", p, k);
    return 1.0 / p + (1 - 1.0 / p) / (k * k);
  }

  /** Depthwise separable convolution (arXiv 1704.04861, section 3.1). */
  public static double depthwiseSeparable(int cout, int k) {
    return 1.0 / cout + 1.0 / (k * k);
  }

  /** Two 3x3 for a 5x5, or three for a 7x7 (arXiv 1409.1556): filters that see as many pixels. */
  public static double threes(int k) {
    require(k % 2 == 1 && k > 1, "3x3 filters see an odd number of pixels, not %d", k);
    int filters = (k - 1) / 2;
    return 9.0 * filters / (k * k);
  }

  /** 1 x n and n x 1 for n x n (arXiv 1512.00567). */
  public static double factorised(int n) {
    return 2.0 / n;
  }

  /**
   * An inverted residual (arXiv 1801.04381, section 3.3) of h x w pixels, t times as wide inside.
   */
  public static long invertedResidual(int h, int w, int t, int cin, int k, int cout) {
    return (long) h * w * cin * t * (cin + (long) k * k + cout);
  }

  /**
   * What CondConv (arXiv 1904.04971) adds for each image: choosing among experts, and combining
   * their filters.
   */
  public static long condConv(int experts, int cin, int cout, int groups, int k) {
    require(
        groups > 0 && cin % groups == 0,
        "CondConv: groups (%d) divide the input channels (%d)",
        groups,
        cin);
    return (long) experts * cin + (long) experts * cout * (cin / groups) * k * k;
  }

  /** Attention of h x w tokens over all of them (arXiv 2103.14030, equation 1). */
  public static long attention(int h, int w, int c) {
    long tokens = (long) h * w;
    return 4 * tokens * c * c + 2 * tokens * tokens * c;
  }

  /** Attention in windows of m x m (arXiv 2103.14030, equation 2). */
  public static long windowAttention(int h, int w, int c, int m) {
    long tokens = (long) h * w;
    return 4 * tokens * c * c + 2L * m * m * tokens * c;
  }

  /**
   * A block of Swin-MLP as the authors' code counts it: matrices, and one for each element that is
   * normalised. A shifted one has a window more in each direction. A window that would be larger
   * than the map of h x w is the map, and is not shifted.
   */
  public static long swinMlpBlock(int h, int w, int c, int m, int shift, int mlpRatio) {
    int window = Math.min(m, Math.min(h, w));
    require(
        window > 0 && h % window == 0 && w % window == 0,
        "Swin-MLP: the window (%d) divides the map (%dx%d)",
        window,
        h,
        w);
    int more = shift > 0 && window < Math.min(h, w) ? 1 : 0;
    long windows = (h / window + more) * (long) (w / window + more);
    long tokens = (long) h * w;
    long square = (long) window * window;
    return 2L * c * tokens + windows * c * square * square + 2 * tokens * c * c * mlpRatio;
  }

  /** 2x2 tokens of h x w to one of twice the width, as the authors' code counts it. */
  public static long patchMerging(int h, int w, int c) {
    return (long) h * w * c + (long) (h / 2) * (w / 2) * 4 * c * 2 * c;
  }

  /**
   * Swin-MLP of a square image of three channels as the authors' code counts it, in which the
   * average at the end has more elements than there are: as many as if each stage had half of those
   * before, not a quarter.
   *
   * @param c width of the first stage
   * @param m window
   */
  public static long swinMlp(
      int image, int patch, int classes, int c, List<Integer> depths, int m) {
    int first = image / patch;
    long macs = (long) first * first * c * (3 * patch * patch + 1);
    int side = first;
    int width = c;
    for (int stage = 0; stage < depths.size(); stage++) {
      for (int i = 0; i < depths.get(stage); i++) {
        macs += swinMlpBlock(side, side, width, m, i % 2 * (m / 2), 4);
      }
      if (stage + 1 < depths.size()) {
        macs += patchMerging(side, side, width);
        side /= 2;
        width *= 2;
      }
    }
    return macs + (((long) width * first * first) >> depths.size()) + (long) width * classes;
  }
}
