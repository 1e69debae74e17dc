package dev.tilewright.vector;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The matrices of F(m, r): m outputs of a correlation with r taps from m + r - 1 products,
 *
 * <pre>y = A^T [(G g) * (B^T d)],</pre>
 *
 * by Toom and Cook's interpolation at m + r - 2 points and infinity (Winograd 1980; Lavin and Gray
 * 2015). In two dimensions each is applied to rows and to columns.
 */
final class WinogradMatrices {
  /**
   * Points of which each is taken with both signs, beside 0 and infinity: of the multiples of 1/16
   * (eight products) or 1/8 those whose {@link #growth} is least, so long as A and B are exact in
   * float. For six products they give a quarter of the usual 1 and 2's error (F(4x4, 3x3): 7.5
   * instead of 31) and cost the same number of operations.
   */
  private static double[] points(int products) {
    return switch (products) {
      case 1 -> new double[0];
      case 4 -> new double[] {1};
      case 6 -> new double[] {11 / 16.0, 1.5};
      case 8 -> new double[] {0.5, 1, 2};
      case 10 -> new double[] {0.5, 0.75, 1.25, 2.5};
      default -> throw new IllegalArgumentException("no points for " + products + " products");
    };
  }

  private static final Map<Integer, WinogradMatrices> KNOWN = new ConcurrentHashMap<>();

  private final int outputs;
  private final int taps;
  private final double[][] a;
  private final double[][] g;
  private final double[][] b;
  private final double growth;

  /**
   * The matrices of F(m, r).
   *
   * @param outputs m
   * @param taps r
   */
  static WinogradMatrices of(int outputs, int taps) {
    return KNOWN.computeIfAbsent(outputs * 64 + taps, k -> new WinogradMatrices(outputs, taps));
  }

  private WinogradMatrices(int outputs, int taps) {
    this.outputs = outputs;
    this.taps = taps;
    int n = outputs + taps - 1;
    double[] positive = points(n);
    double[] x = new double[n - 1];
    for (int i = 0; i < positive.length; i++) {
      x[2 * i + 1] = positive[i];
      x[2 * i + 2] = -positive[i];
    }
    a = new double[outputs][n];
    g = new double[n][taps];
    b = new double[n][];
    for (int j = 0; j < n - 1; j++) {
      double scale = 1;
      for (int l = 0; l < n - 1; l++) {
        scale *= l == j ? 1 : x[j] - x[l];
      }
      for (int i = 0; i < outputs; i++) {
        a[i][j] = Math.pow(x[j], i);
      }
      for (int k = 0; k < taps; k++) {
        g[j][k] = Math.pow(x[j], k) / scale;
      }
      b[j] = vanishingAt(x, j);
    }
    a[outputs - 1][n - 1] = 1;
    g[n - 1][taps - 1] = 1;
    b[n - 1] = vanishingAt(x, n - 1);
    growth = computeGrowth();
  }

  /** Coefficients, constant first, of the product of (t - x[l]) over all l but one. */
  private static double[] vanishingAt(double[] x, int but) {
    double[] c = new double[x.length + 1];
    c[0] = 1;
    for (int l = 0; l < x.length; l++) {
      if (l != but) {
        for (int i = c.length - 1; i >= 0; i--) {
          c[i] = (i > 0 ? c[i - 1] : 0) - x[l] * c[i];
        }
      }
    }
    return c;
  }

  int outputs() {
    return outputs;
  }

  int taps() {
    return taps;
  }

  /** Inputs of a tile, and products: m + r - 1. */
  int products() {
    return outputs + taps - 1;
  }

  /** A^T, [m][m + r - 1]: products to outputs. */
  double[][] output() {
    return a;
  }

  /** G, [m + r - 1][r]: the filter's transform. */
  double[][] filter() {
    return g;
  }

  /** B^T, [m + r - 1][m + r - 1]: the input's transform. */
  double[][] input() {
    return b;
  }

  /**
   * How much larger the terms that are summed are than those of the direct sum: the root mean
   * square over independent inputs and taps of mean zero, of the worst output. Rounding errors grow
   * by as much (docs/numerics.md).
   */
  double growth() {
    return growth;
  }

  private double computeGrowth() {
    double worst = 0;
    for (double[] row : a) {
      double sum = 0;
      for (int j = 0; j < row.length; j++) {
        sum += row[j] * row[j] * squares(g[j]) * squares(b[j]);
      }
      worst = Math.max(worst, Math.sqrt(sum / taps));
    }
    return worst;
  }

  private static double squares(double[] v) {
    double sum = 0;
    for (double x : v) {
      sum += x * x;
    }
    return sum;
  }
}
