package dev.tilewright.gate;

import java.util.Arrays;
import org.apache.commons.statistics.distribution.TDistribution;
import org.apache.commons.statistics.inference.AlternativeHypothesis;
import org.apache.commons.statistics.inference.TTest;
import org.apache.commons.statistics.inference.WilcoxonSignedRankTest;

/**
 * By how much one benchmark got slower.
 *
 * @param change candidate / baseline - 1: the median over forks where they are paired, else of the
 *     ratio of both sides' medians
 * @param low the true change is above this with 99 % confidence
 * @param high it is below this with 99 % confidence
 * @param slower p-value of "it got no slower"
 * @param faster p-value of "it got no faster"
 */
record Estimate(double change, double low, double high, double slower, double faster) {
  /** One-sided. */
  static final double CONFIDENCE = 0.99;

  private static final long SEED = 42;

  /** Of fewer forks no bound of 99 % is free of assumptions: 2^-7 is the first below 1 %. */
  private static final int FEWEST_TO_RESAMPLE = 7;

  /** Both one-sided, of a logarithm. */
  record Bounds(double low, double high) {}

  static Estimate of(Sample sample) {
    Bootstrap bootstrap =
        sample.paired()
            ? Bootstrap.ofMedian(sample.logRatios(), SEED)
            : Bootstrap.ofDifference(sample.logBaseline(), sample.logCandidate(), SEED);
    Bounds bounds =
        sample.paired() && sample.forks() < FEWEST_TO_RESAMPLE
            ? student(sample.logRatios())
            : new Bounds(bootstrap.percentile(1 - CONFIDENCE), bootstrap.percentile(CONFIDENCE));
    return new Estimate(
        Math.expm1(bootstrap.estimate()),
        Math.expm1(bounds.low),
        Math.expm1(bounds.high),
        pValue(sample, AlternativeHypothesis.GREATER_THAN),
        pValue(sample, AlternativeHypothesis.LESS_THAN));
  }

  /** Of the mean, by Student's t: wide if there are few values, or one stands apart. */
  static Bounds student(double[] values) {
    int n = values.length;
    if (n < 2) {
      return new Bounds(Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);
    }
    double mean = Arrays.stream(values).average().orElseThrow();
    double squares = Arrays.stream(values).map(v -> (v - mean) * (v - mean)).sum();
    double half =
        TDistribution.of(n - 1.0).inverseCumulativeProbability(CONFIDENCE)
            * Math.sqrt(squares / (n - 1) / n);
    return new Bounds(mean - half, mean + half);
  }

  /** p-value of Wilcoxon's signed rank test, exact for few values. */
  static double signedRanks(double[] ratios, AlternativeHypothesis alternative) {
    return Arrays.stream(ratios).allMatch(r -> r == 0)
        ? 1
        : WilcoxonSignedRankTest.withDefaults().with(alternative).test(ratios).getPValue();
  }

  /**
   * Of paired forks Wilcoxon's signed ranks, which one fork in trouble does not sway. Of
   * independent forks Welch's t of the logarithms: of the five forks that JMH makes, ranks could
   * not tell anything below 1/252, however far they lie apart.
   */
  private static double pValue(Sample sample, AlternativeHypothesis alternative) {
    if (sample.paired()) {
      return signedRanks(sample.logRatios(), alternative);
    }
    if (sample.forks() < 2) {
      return 1;
    }
    double[] before = sample.logBaseline();
    double[] after = sample.logCandidate();
    double p = TTest.withDefaults().with(alternative).test(after, before).getPValue();
    return Double.isNaN(p) ? 1 : p; // no spread at all: nothing to go by
  }
}
