package dev.tilewright.gate;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;
import org.apache.commons.statistics.descriptive.Median;
import org.apache.commons.statistics.distribution.NormalDistribution;

/**
 * How a median, or the difference of two, would vary had other samples been drawn (Efron and
 * Tibshirani, An Introduction to the Bootstrap, 1993): percentile bounds are equation 13.5, BCa
 * bounds 14.9 to 14.15. The same seed gives the same bounds.
 */
final class Bootstrap {
  /** One less than a multiple of 100, so that percentiles are elements (same book, 12.5). */
  private static final int RESAMPLES = 9_999;

  private static final NormalDistribution NORMAL = NormalDistribution.of(0, 1);

  /** Not the default, which sorts the caller's array. */
  private static final Median MEDIAN = Median.withDefaults().withCopy(true);

  private final double estimate;
  private final double[] sorted;
  private final double acceleration;

  private Bootstrap(double estimate, double[] resampled, double acceleration) {
    this.estimate = estimate;
    this.sorted = resampled;
    Arrays.sort(sorted);
    this.acceleration = acceleration;
  }

  static double median(double[] values) {
    return MEDIAN.evaluate(values);
  }

  /** Of the median of one sample. */
  static Bootstrap ofMedian(double[] values, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    double[] resampled = new double[RESAMPLES];
    double[] draw = new double[values.length];
    for (int i = 0; i < RESAMPLES; i++) {
      resampled[i] = median(drawn(values, draw, random));
    }
    double acceleration = acceleration(values, Bootstrap::median);
    return new Bootstrap(median(values), resampled, acceleration);
  }

  /** Of median(b) - median(a), samples of independent runs. */
  static Bootstrap ofDifference(double[] a, double[] b, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    double[] resampled = new double[RESAMPLES];
    double[] drawA = new double[a.length];
    double[] drawB = new double[b.length];
    for (int i = 0; i < RESAMPLES; i++) {
      resampled[i] = median(drawn(b, drawB, random)) - median(drawn(a, drawA, random));
    }
    return new Bootstrap(median(b) - median(a), resampled, 0);
  }

  private static double[] drawn(double[] values, double[] into, SplittableRandom random) {
    for (int i = 0; i < into.length; i++) {
      into[i] = values[random.nextInt(values.length)];
    }
    return into;
  }

  /** From the jackknife; for medians, which are not smooth, a crude figure (11.6). */
  private static double acceleration(double[] values, ToDoubleFunction<double[]> statistic) {
    int n = values.length;
    double[] without = new double[n];
    for (int left = 0; left < n; left++) {
      double[] rest = new double[n - 1];
      System.arraycopy(values, 0, rest, 0, left);
      System.arraycopy(values, left + 1, rest, left, n - 1 - left);
      without[left] = n == 1 ? values[0] : statistic.applyAsDouble(rest);
    }
    double mean = Arrays.stream(without).average().orElse(0);
    double squares = 0;
    double cubes = 0;
    for (double value : without) {
      squares += (mean - value) * (mean - value);
      cubes += (mean - value) * (mean - value) * (mean - value);
    }
    return squares == 0 ? 0 : cubes / (6 * Math.pow(squares, 1.5));
  }

  double estimate() {
    return estimate;
  }

  /** Below which the true value lies with this probability, by percentiles. */
  double percentile(double probability) {
    return sorted[Math.clamp(Math.round(probability * (RESAMPLES + 1)) - 1, 0, RESAMPLES - 1)];
  }

  /** The same, corrected for bias and for a spread that depends on the value. */
  double corrected(double probability) {
    long below = Arrays.stream(sorted).filter(v -> v < estimate).count();
    long same = Arrays.stream(sorted).filter(v -> v == estimate).count();
    double share = (below + 0.5 * same) / RESAMPLES;
    if (share == 0 || share == 1) {
      return percentile(probability); // all on one side: no bias to correct by
    }
    double bias = NORMAL.inverseCumulativeProbability(share);
    double z = bias + NORMAL.inverseCumulativeProbability(probability);
    return percentile(NORMAL.cumulativeProbability(bias + z / (1 - acceleration * z)));
  }
}
