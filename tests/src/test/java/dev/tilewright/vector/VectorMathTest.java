package dev.tilewright.vector;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.conv.Activation;
import dev.tilewright.conv.Erf;
import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;
import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.Test;

/** The error bounds stated in VectorMath, against double over a dense grid. */
final class VectorMathTest {
  private static final double U = 0x1p-24;

  @Test
  void exponentialIsWithinTwoUlps() {
    grid(VectorMath::exp, Math::exp, -87.3, 88.7, 2 * 1.2 * U, 0);
    grid(VectorMath::exp, Math::exp, -110, -87, 0, 0x1p-148);
    assertThat(at(VectorMath::exp, Float.POSITIVE_INFINITY)).isEqualTo(Float.POSITIVE_INFINITY);
    assertThat(at(VectorMath::exp, 89)).isEqualTo(Float.POSITIVE_INFINITY);
    assertThat(at(VectorMath::exp, Float.NEGATIVE_INFINITY)).isZero();
    assertThat(at(VectorMath::exp, 0)).isEqualTo(1);
    assertThat(at(VectorMath::exp, Float.NaN)).isNaN();
  }

  @Test
  void sigmoidAndSiluAgree() {
    DoubleUnaryOperator sigmoid = new Activation.Sigmoid()::apply;
    grid(VectorMath::sigmoid, sigmoid, -87, 100, 4 * U, 0);
    grid(VectorMath::sigmoid, sigmoid, -200, -87, 0, 2e-38);
    assertThat(at(VectorMath::sigmoid, Float.POSITIVE_INFINITY)).isEqualTo(1);
    assertThat(at(VectorMath::sigmoid, Float.NEGATIVE_INFINITY)).isZero();
    assertThat(at(VectorMath::sigmoid, Float.NaN)).isNaN();
    DoubleUnaryOperator silu = new Activation.Silu()::apply;
    grid(VectorMath::silu, silu, -87, 100, 4 * U, 0);
    grid(VectorMath::silu, silu, -200, -87, 0, 2e-36);
    assertThat(at(VectorMath::silu, Float.POSITIVE_INFINITY)).isEqualTo(Float.POSITIVE_INFINITY);
    assertThat(at(VectorMath::silu, Float.NaN)).isNaN();
  }

  @Test
  void hyperbolicTangentAgrees() {
    grid(VectorMath::tanh, Math::tanh, -12, 12, 4 * U, 0);
    grid(VectorMath::tanh, Math::tanh, -1e-3, 1e-3, 4 * U, 0);
    assertThat(at(VectorMath::tanh, Float.POSITIVE_INFINITY)).isEqualTo(1);
    assertThat(at(VectorMath::tanh, Float.NEGATIVE_INFINITY)).isEqualTo(-1);
    assertThat(at(VectorMath::tanh, Float.NaN)).isNaN();
  }

  @Test
  void errorFunctionAgrees() {
    grid(VectorMath::erf, Erf::erf, -6, 6, 4 * U, 0);
    grid(VectorMath::erf, Erf::erf, -1e-3, 1e-3, 4 * U, 0);
    assertThat(at(VectorMath::erf, Float.POSITIVE_INFINITY)).isEqualTo(1);
    assertThat(at(VectorMath::erf, Float.NEGATIVE_INFINITY)).isEqualTo(-1);
    assertThat(at(VectorMath::erf, Float.NaN)).isNaN();
  }

  @Test
  void geluKeepsItsTail() {
    DoubleUnaryOperator gelu = VectorMathTest::gelu;
    grid(VectorMath::gelu, gelu, -12.9, 20, 10 * U, 0);
    grid(VectorMath::gelu, gelu, -100, -12.9, 0, 1e-36);
    assertThat(at(VectorMath::gelu, Float.POSITIVE_INFINITY)).isEqualTo(Float.POSITIVE_INFINITY);
    assertThat(at(VectorMath::gelu, Float.NaN)).isNaN();
  }

  /** Without the cancellation of 1 + erf(x) that the definition suffers from below -5. */
  private static double gelu(double x) {
    double z = -x / Math.sqrt(2);
    if (z < 2) {
      return new Activation.Gelu().apply(x);
    }
    double fraction = z;
    for (int n = 80; n > 0; n--) {
      fraction = z + n / 2.0 / fraction;
    }
    return 0.5 * x * Math.exp(-z * z) / Math.sqrt(Math.PI) / fraction;
  }

  private static float at(UnaryOperator<FloatVector> f, float x) {
    return f.apply(FloatVector.broadcast(Lanes.SPECIES, x)).lane(Lanes.LENGTH - 1);
  }

  private static void grid(
      UnaryOperator<FloatVector> f,
      DoubleUnaryOperator definition,
      double from,
      double to,
      double relative,
      double absolute) {
    int steps = 200_000 / Lanes.LENGTH;
    float[] x = new float[Lanes.LENGTH];
    for (int i = 0; i < steps; i++) {
      for (int lane = 0; lane < x.length; lane++) {
        x[lane] = (float) (from + (to - from) * (i * x.length + lane) / (steps * x.length - 1.0));
      }
      float[] got = f.apply(FloatVector.fromArray(Lanes.SPECIES, x, 0)).toArray();
      for (int lane = 0; lane < x.length; lane++) {
        double want = definition.applyAsDouble(x[lane]);
        double error = Math.abs(got[lane] - want);
        if (!(error <= relative * Math.abs(want) + absolute)) {
          throw new AssertionError(
              "f(%s) = %s, should be %s: off by %.2f u"
                  .formatted(x[lane], got[lane], want, error / Math.abs(want) / U));
        }
      }
    }
  }
}
