package dev.tilewright.gate;

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

  static Estimate of(Sample sample) {
    Bootstrap bootstrap =
        sample.paired()
            ? Bootstrap.ofMedian(sample.logRatios(), SEED)
            : Bootstrap.ofDifference(sample.logBaseline(), sample.logCandidate(), SEED);
    return new Estimate(
        Math.expm1(bootstrap.estimate()),
        Math.expm1(bootstrap.percentile(1 - CONFIDENCE)),
        Math.expm1(bootstrap.percentile(CONFIDENCE)),
        pValue(sample, AlternativeHypothesis.GREATER_THAN),
        pValue(sample, AlternativeHypothesis.LESS_THAN));
  }

  /**
   * Of paired forks Wilcoxon's signed ranks, which one fork in trouble does not sway. Of
   * independent forks Welch's t of the logarithms: of the five forks that JMH makes, ranks could
   * not tell anything below 1/252, however far they lie apart.
   */
  private static double pValue(Sample sample, AlternativeHypothesis alternative) {
    if (sample.paired()) {
      double[] ratios = sample.logRatios();
      for (double ratio : ratios) {
        if (ratio != 0) {
          return WilcoxonSignedRankTest.withDefaults().with(alternative).test(ratios).getPValue();
        }
      }
      return 1; // the same everywhere
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
