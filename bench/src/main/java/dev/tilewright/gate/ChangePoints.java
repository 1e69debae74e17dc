package dev.tilewright.gate;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.NavigableSet;
import java.util.SplittableRandom;
import java.util.TreeSet;

/**
 * Where a series of figures changed for good: E-divisive (Matteson and James, A Nonparametric
 * Approach for Multiple Change Point Analysis of Multivariate Data, JASA 109, 2014), with |x - y|
 * as distance and a seeded permutation test; as used for performance figures by Fleming et al.,
 * Hunter, ICPE 2023.
 *
 * <p>Segments are split where their parts differ most, as long as that is more than their order by
 * chance would give.
 */
final class ChangePoints {
  /** A run of good or bad luck of two figures is no change. */
  private static final int SHORTEST = 3;

  private static final int PERMUTATIONS = 499;

  /** Of taking chance for one change. */
  private static final double LEVEL = 0.01;

  /**
   * A way to split a segment.
   *
   * @param at the first figure after the change
   * @param statistic the scaled energy distance of what lies before and after
   */
  record Split(int at, double statistic) {
    private static final Split NONE = new Split(-1, Double.NEGATIVE_INFINITY);
  }

  private ChangePoints() {}

  /** Indices of the first figures after each change, in order. */
  static List<Integer> of(double[] series, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    NavigableSet<Integer> ends = new TreeSet<>(List.of(0, series.length));
    while (true) {
      double[] values = series.clone();
      Split best = best(values, ends);
      if (best.at < 0) {
        break;
      }
      int asFar = 1;
      for (int i = 0; i < PERMUTATIONS; i++) {
        shuffleSegments(values, ends, random);
        asFar += best(values, ends).statistic >= best.statistic ? 1 : 0;
      }
      if ((double) asFar / (PERMUTATIONS + 1) > LEVEL) {
        break;
      }
      ends.add(best.at);
    }
    ends.removeAll(List.of(0, series.length));
    return List.copyOf(ends);
  }

  private static Split best(double[] values, NavigableSet<Integer> ends) {
    Split best = Split.NONE;
    int from = 0;
    for (int to : ends.tailSet(1)) {
      Split split = best(values, from, to);
      best = split.statistic > best.statistic ? split : best;
      from = to;
    }
    return best;
  }

  /** Over all places to split at and all ends of the part after it (same paper, equation 7). */
  static Split best(double[] values, int from, int to) {
    int n = to - from;
    // sums[i][j]: distances among the first i and the first j figures
    double[][] sums = new double[n + 1][n + 1];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        double distance = Math.abs(values[from + i] - values[from + j]);
        sums[i + 1][j + 1] = distance + sums[i][j + 1] + sums[i + 1][j] - sums[i][j];
      }
    }
    Split best = Split.NONE;
    for (int at = SHORTEST; at <= n - SHORTEST; at++) {
      for (int end = at + SHORTEST; end <= n; end++) {
        double before = at;
        double after = (double) end - at;
        double between = sums[at][end] - sums[at][at];
        double first = sums[at][at];
        double second = sums[end][end] - 2 * sums[at][end] + sums[at][at];
        double energy =
            2 * between / (before * after)
                - first / (before * (before - 1))
                - second / (after * (after - 1));
        double statistic = before * after / (before + after) * energy;
        best = statistic > best.statistic ? new Split(from + at, statistic) : best;
      }
    }
    return best;
  }

  private static void shuffleSegments(
      double[] values, NavigableSet<Integer> ends, SplittableRandom random) {
    int from = 0;
    for (int to : ends.tailSet(1)) {
      List<Double> segment = new ArrayList<>();
      for (int i = from; i < to; i++) {
        segment.add(values[i]);
      }
      Collections.shuffle(segment, random);
      for (int i = from; i < to; i++) {
        values[i] = segment.get(i - from);
      }
      from = to;
    }
  }
}
