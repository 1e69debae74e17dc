package dev.tilewright.gate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BootstrapTest {
  private static final double[] NINE = {1, 2, 3, 4, 5, 6, 7, 8, 9};

  /**
   * The median of a resample of nine is at most the k-th smallest value if five draws or more are:
   * binomial(9, k/9). P(k = 1) = 0.0013, P(k = 2) = 0.0257, P(k = 3) = 0.145, so the 1 % bound is
   * the second smallest, the 10 % bound the third.
   */
  @Test
  void percentilesAreThoseOfTheExactDistribution() {
    Bootstrap bootstrap = Bootstrap.ofMedian(NINE, 1);
    assertThat(bootstrap.estimate()).isEqualTo(5);
    assertThat(bootstrap.percentile(0.0005)).isEqualTo(1);
    assertThat(bootstrap.percentile(0.01)).isEqualTo(2);
    assertThat(bootstrap.percentile(0.1)).isEqualTo(3);
    assertThat(bootstrap.percentile(0.99)).isEqualTo(8);
  }

  @Test
  void theSameSeedGivesTheSame() {
    double[] values = new Random(1).doubles(20).toArray();
    double[] bounds =
        IntStream.of(7, 7, 8)
            .mapToDouble(seed -> Bootstrap.ofMedian(values, seed).corrected(0.4))
            .toArray();
    assertThat(bounds[0]).isEqualTo(bounds[1]);
    assertThat(Bootstrap.ofDifference(values, NINE, 3).percentile(0.2))
        .isEqualTo(Bootstrap.ofDifference(values, NINE, 3).percentile(0.2));
  }

  /** Symmetric values have neither bias nor skew to correct. */
  @Test
  void correctionLeavesSymmetricBoundsAlone() {
    Bootstrap bootstrap = Bootstrap.ofMedian(NINE, 1);
    assertThat(bootstrap.corrected(0.01)).isEqualTo(bootstrap.percentile(0.01));
    assertThat(bootstrap.corrected(0.99)).isEqualTo(bootstrap.percentile(0.99));
  }

  @Test
  void boundsHoldTheTrueMedianAsOftenAsTheySay() {
    Random random = new Random(3);
    int trials = 400;
    int percentile = 0;
    int corrected = 0;
    int difference = 0;
    for (int i = 0; i < trials; i++) {
      double[] values = lognormal(random, 25, 0);
      Bootstrap one = Bootstrap.ofMedian(values, i);
      percentile += one.percentile(0.05) <= 1 ? 1 : 0;
      corrected += one.corrected(0.05) <= 1 ? 1 : 0;
      Bootstrap two = Bootstrap.ofDifference(values, lognormal(random, 25, 1), i);
      difference += two.percentile(0.05) <= Math.E - 1 ? 1 : 0;
    }
    // binomial(400, 0.95) has a standard deviation of 0.011
    assertThat((double) percentile / trials).isCloseTo(0.95, within(0.035));
    assertThat((double) corrected / trials).isCloseTo(0.95, within(0.035));
    assertThat((double) difference / trials).isCloseTo(0.95, within(0.035));
  }

  private static double[] lognormal(Random random, int n, double mean) {
    double[] values = new double[n];
    Arrays.setAll(values, i -> Math.exp(mean + 0.3 * random.nextGaussian()));
    return values;
  }

  /** Times of rounds are pairs: sorting one side would pair others. */
  @Test
  void theMedianLeavesItsValuesInTheirOrder() {
    double[] values = {5, 1, 4, 2, 3, 9, 7};
    assertThat(Bootstrap.median(values)).isEqualTo(4);
    assertThat(values).containsExactly(5, 1, 4, 2, 3, 9, 7);
  }
}
