package dev.tilewright.zoo.algorithm;

import static dev.tilewright.zoo.build.RuleException.require;

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
}
