package dev.tilewright.tuning;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/** How well estimates order what was measured. */
public final class Ranking {
  private Ranking() {}

  /**
   * Spearman's rank correlation (1904): Pearson's of the ranks, equal values sharing the mean of
   * theirs. 1 if one order is the other, -1 if it is the reverse; NaN for fewer than two values or
   * if all of one side are equal.
   */
  public static double spearman(double[] estimated, double[] measured) {
    double[] a = ranks(estimated);
    double[] b = ranks(measured);
    double mean = (a.length - 1) / 2.0;
    double product = 0;
    double squaresA = 0;
    double squaresB = 0;
    for (int i = 0; i < a.length; i++) {
      product += (a[i] - mean) * (b[i] - mean);
      squaresA += (a[i] - mean) * (a[i] - mean);
      squaresB += (b[i] - mean) * (b[i] - mean);
    }
    return product / Math.sqrt(squaresA * squaresB);
  }

  private static double[] ranks(double[] values) {
    int[] order =
        IntStream.range(0, values.length)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> values[i]))
            .mapToInt(i -> i)
            .toArray();
    double[] ranks = new double[values.length];
    int from = 0;
    while (from < order.length) {
      int to = from;
      while (to < order.length && values[order[to]] == values[order[from]]) {
        to++;
      }
      for (int i = from; i < to; i++) {
        ranks[order[i]] = (from + to - 1) / 2.0;
      }
      from = to;
    }
    return ranks;
  }

  /** How much longer than the fastest one takes, as a share. */
  public static double regret(double one, double[] measured) {
    return one / Arrays.stream(measured).min().orElse(one) - 1;
  }
}
