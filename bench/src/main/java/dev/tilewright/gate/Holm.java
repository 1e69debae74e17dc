package dev.tilewright.gate;

import java.util.Arrays;
import java.util.Comparator;

/**
 * Makes p-values of several tests comparable to the level of one (Holm, A Simple Sequentially
 * Rejective Multiple Test Procedure, 1979): the chance that any of them is below the level although
 * nothing changed is at most the level, however the tests depend on each other.
 */
final class Holm {
  private Holm() {}

  static double[] adjusted(double... p) {
    int n = p.length;
    Integer[] order = new Integer[n];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, Comparator.comparingDouble(i -> p[i]));
    double[] adjusted = new double[n];
    double most = 0;
    for (int rank = 0; rank < n; rank++) {
      most = Math.max(most, Math.min(1, (n - rank) * p[order[rank]]));
      adjusted[order[rank]] = most;
    }
    return adjusted;
  }
}
