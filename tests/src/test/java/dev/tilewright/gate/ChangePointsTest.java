package dev.tilewright.gate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ChangePointsTest {
  /**
   * {1, 2, 3} and {11, 12, 13}: mean distance between them 10, within each (1 + 2 + 1) / 3 = 4/3,
   * so 2 x 10 - 4/3 - 4/3 = 17.33, times 3 x 3 / 6.
   */
  @Test
  void statisticIsTheScaledEnergyDistance() {
    ChangePoints.Split split = ChangePoints.best(new double[] {1, 2, 3, 11, 12, 13}, 0, 6);
    assertThat(split.at()).isEqualTo(3);
    assertThat(split.statistic()).isCloseTo(1.5 * (20 - 8.0 / 3), within(1e-12));
  }

  @Test
  void statisticAgreesWithItsDefinition() {
    double[] x = new Random(2).doubles(14).toArray();
    ChangePoints.Split split = ChangePoints.best(x, 2, 14);
    double best = Double.NEGATIVE_INFINITY;
    for (int at = 5; at <= 11; at++) {
      for (int end = at + 3; end <= 14; end++) {
        best =
            Math.max(
                best, scaledEnergy(Arrays.copyOfRange(x, 2, at), Arrays.copyOfRange(x, at, end)));
      }
    }
    assertThat(split.statistic()).isCloseTo(best, within(1e-12));
  }

  private static double scaledEnergy(double[] a, double[] b) {
    double between = 0;
    for (double u : a) {
      for (double v : b) {
        between += Math.abs(u - v) / (a.length * b.length);
      }
    }
    double n = a.length;
    double m = b.length;
    return n * m / (n + m) * (2 * between - spread(a) - spread(b));
  }

  private static double spread(double[] a) {
    double sum = 0;
    int pairs = 0;
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; j < i; j++) {
        sum += Math.abs(a[i] - a[j]);
        pairs++;
      }
    }
    return sum / pairs;
  }

  @Test
  void findsWhereTheLevelChanged() {
    Random random = new Random(7);
    double[] series = new double[60];
    Arrays.setAll(
        series, i -> (i < 20 ? 100 : i < 45 ? 108 : 103) * (1 + 0.01 * random.nextGaussian()));
    assertThat(ChangePoints.of(series, 1)).containsExactly(20, 45);
  }

  @Test
  void oneOutlierIsNoChange() {
    Random random = new Random(8);
    double[] series = new double[40];
    Arrays.setAll(series, i -> (i == 17 ? 150 : 100) * (1 + 0.01 * random.nextGaussian()));
    assertThat(ChangePoints.of(series, 1)).isEmpty();
  }

  @Test
  void noiseHasNoChangesNearlyAlways() {
    int alarms = 0;
    for (int seed = 0; seed < 100; seed++) {
      Random random = new Random(seed);
      double[] series = random.doubles(30).toArray();
      alarms += ChangePoints.of(series, seed).isEmpty() ? 0 : 1;
    }
    assertThat(alarms)
        .isLessThanOrEqualTo(4); // binomial(100, 0.01) is above that in 0.3 % of cases
  }

  @Test
  void shortAndConstantSeriesHaveNone() {
    assertThat(ChangePoints.of(new double[0], 1)).isEmpty();
    assertThat(ChangePoints.of(new double[] {1, 1, 9, 9, 9}, 1)).isEmpty();
    assertThat(ChangePoints.of(new double[30], 1)).isEmpty();
  }
}
