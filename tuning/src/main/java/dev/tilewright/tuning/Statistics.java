package dev.tilewright.tuning;

import java.util.List;
import java.util.function.Function;

/** Medians, and how far they can be trusted. */
public final class Statistics {
  /** Chance that the true ratio lies below the interval, and as much that it lies above. */
  private static final double TAIL = 0.025;

  /**
   * A median, and where that of the distribution lies.
   *
   * @param low end of the 95 % interval, by order statistics
   * @param high the other end; with fewer than 6 values the interval is all there is, and covers
   *     less
   */
  public record Interval(double value, double low, double high) {}

  private Statistics() {}

  /** The median; NaN if there are no values. */
  public static double median(List<Double> values) {
    double[] sorted = sorted(values);
    int n = sorted.length;
    return n == 0 ? Double.NaN : (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
  }

  /** The median of independent values, with its interval. */
  public static Interval interval(List<Double> values) {
    double[] sorted = sorted(values);
    int cut = cut(sorted.length);
    return new Interval(median(values), sorted[cut], sorted[sorted.length - 1 - cut]);
  }

  /**
   * How many times as fast the first side is: the median over rounds of (median time of the second
   * side / median time of the first). Both sides of a round share the machine's mood; runs of one
   * round are not independent, rounds nearly are.
   */
  public static Interval speedup(List<Duet.Round> rounds) {
    return interval(rounds.stream().map(r -> median(r.b()) / median(r.a())).toList());
  }

  /** All runs of one side. */
  public static List<Double> pool(
      List<Duet.Round> rounds, Function<Duet.Round, List<Double>> side) {
    return rounds.stream().map(side).flatMap(List::stream).toList();
  }

  /**
   * How many of n sorted values may be cut off at each end so that the rest still spans the median
   * of their distribution, whatever it is: the number below it is binomial(n, 1/2) (David and
   * Nagaraja, Order Statistics, 2003, 7.1).
   */
  static int cut(int n) {
    double log = n * Math.log(0.5); // of a chance; the chance itself is 0 for n beyond 1074
    double below = Math.exp(log);
    int cut = 0;
    while (true) {
      log += Math.log((double) (n - cut) / (cut + 1));
      below += Math.exp(log);
      if (below > TAIL) {
        return cut;
      }
      cut++;
    }
  }

  private static double[] sorted(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
  }
}
