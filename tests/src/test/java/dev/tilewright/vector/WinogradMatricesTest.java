package dev.tilewright.vector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The identity that the matrices are made for, and what docs/numerics.md says of them. */
final class WinogradMatricesTest {
  @ParameterizedTest
  @CsvSource({
    "1,1,1.00",
    "2,3,1.29",
    "4,3,2.74",
    "6,3,6.80",
    "2,5,2.36",
    "4,5,5.45",
    "2,7,4.98",
    "4,7,13.63"
  })
  void computesACorrelation(int outputs, int taps, double growth) {
    WinogradMatrices matrices = WinogradMatrices.of(outputs, taps);
    Random random = new Random(5);
    double[] g = random.doubles(taps, -1, 1).toArray();
    double[] d = random.doubles(matrices.products(), -1, 1).toArray();
    double[] u = times(matrices.filter(), g);
    double[] v = times(matrices.input(), d);
    for (int i = 0; i < v.length; i++) {
      v[i] *= u[i];
    }
    double[] y = times(matrices.output(), v);
    for (int i = 0; i < outputs; i++) {
      double expected = 0;
      for (int k = 0; k < taps; k++) {
        expected += g[k] * d[i + k];
      }
      assertThat(y[i]).isCloseTo(expected, within(1e-13));
    }
    assertThat(matrices.growth()).isCloseTo(growth, within(0.005));
  }

  @ParameterizedTest
  @CsvSource({"2,3", "4,3", "6,3", "2,5", "4,5", "2,7", "4,7"})
  void transformsOfDataAreExactInFloat(int outputs, int taps) {
    WinogradMatrices matrices = WinogradMatrices.of(outputs, taps);
    for (double[][] matrix : new double[][][] {matrices.input(), matrices.output()}) {
      for (double[] row : matrix) {
        for (double x : row) {
          assertThat((double) (float) x).isEqualTo(x);
        }
      }
    }
  }

  private static double[] times(double[][] m, double[] x) {
    double[] y = new double[m.length];
    for (int i = 0; i < y.length; i++) {
      for (int j = 0; j < x.length; j++) {
        y[i] += m[i][j] * x[j];
      }
    }
    return y;
  }
}
