package dev.tilewright.vector;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.conv.Activation;
import dev.tilewright.conv.Erf;
import dev.tilewright.graph.Op.UnaryFunction;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;

/** The error bounds stated in FunctionCode, against double over a dense grid. */
final class VectorMathTest {
  private static final double U = 0x1p-24;

  private static final RowKernel EXP = RowKernel.of(UnaryFunction.EXP).orElseThrow();
  private static final RowKernel ERF = RowKernel.of(UnaryFunction.ERF).orElseThrow();
  private static final RowKernel SIGMOID = RowKernel.of(new Activation.Sigmoid(), Lanes.LENGTH);
  private static final RowKernel SILU = RowKernel.of(new Activation.Silu(), Lanes.LENGTH);
  private static final RowKernel TANH = RowKernel.of(new Activation.Tanh(), Lanes.LENGTH);
  private static final RowKernel GELU = RowKernel.of(new Activation.Gelu(), Lanes.LENGTH);

  @Test
  void exponentialIsWithinTwoUlps() {
    grid(EXP, Math::exp, -87.3, 88.7, 2 * 1.2 * U, 0);
    grid(EXP, Math::exp, -110, -87, 0, 0x1p-148);
    assertThat(at(EXP, Float.POSITIVE_INFINITY)).isEqualTo(Float.POSITIVE_INFINITY);
    assertThat(at(EXP, 89)).isEqualTo(Float.POSITIVE_INFINITY);
    assertThat(at(EXP, Float.NEGATIVE_INFINITY)).isZero();
    assertThat(at(EXP, 0)).isEqualTo(1);
    assertThat(at(EXP, Float.NaN)).isNaN();
  }

  @Test
  void sigmoidAndSiluAgree() {
    DoubleUnaryOperator sigmoid = new Activation.Sigmoid()::apply;
    grid(SIGMOID, sigmoid, -87, 100, 4 * U, 0);
    grid(SIGMOID, sigmoid, -200, -87, 0, 2e-38);
    assertThat(at(SIGMOID, Float.POSITIVE_INFINITY)).isEqualTo(1);
    assertThat(at(SIGMOID, Float.NEGATIVE_INFINITY)).isZero();
    assertThat(at(SIGMOID, Float.NaN)).isNaN();
    DoubleUnaryOperator silu = new Activation.Silu()::apply;
    grid(SILU, silu, -87, 100, 4 * U, 0);
    grid(SILU, silu, -200, -87, 0, 2e-36);
    assertThat(at(SILU, Float.POSITIVE_INFINITY)).isEqualTo(Float.POSITIVE_INFINITY);
    assertThat(at(SILU, Float.NaN)).isNaN();
  }

  @Test
  void hyperbolicTangentAgrees() {
    grid(TANH, Math::tanh, -12, 12, 4 * U, 0);
    grid(TANH, Math::tanh, -1e-3, 1e-3, 4 * U, 0);
    assertThat(at(TANH, Float.POSITIVE_INFINITY)).isEqualTo(1);
    assertThat(at(TANH, Float.NEGATIVE_INFINITY)).isEqualTo(-1);
    assertThat(at(TANH, Float.NaN)).isNaN();
  }

  @Test
  void errorFunctionAgrees() {
    grid(ERF, Erf::erf, -6, 6, 4 * U, 0);
    grid(ERF, Erf::erf, -1e-3, 1e-3, 4 * U, 0);
    assertThat(at(ERF, Float.POSITIVE_INFINITY)).isEqualTo(1);
    assertThat(at(ERF, Float.NEGATIVE_INFINITY)).isEqualTo(-1);
    assertThat(at(ERF, Float.NaN)).isNaN();
  }

  @Test
  void geluKeepsItsTail() {
    DoubleUnaryOperator gelu = VectorMathTest::gelu;
    grid(GELU, gelu, -12.9, 20, (Jit.fusedMultiplyAdd() ? 10 : 80) * U, 0);
    grid(GELU, gelu, -100, -12.9, 0, 1e-36);
    assertThat(at(GELU, Float.POSITIVE_INFINITY)).isEqualTo(Float.POSITIVE_INFINITY);
    assertThat(at(GELU, Float.NaN)).isNaN();
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

  private static float at(RowKernel f, float x) {
    float[] all = new float[Lanes.LENGTH];
    Arrays.fill(all, x);
    return map(f, all)[Lanes.LENGTH - 1];
  }

  private static float[] map(RowKernel f, float[] x) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment src = arena.allocateFrom(JAVA_FLOAT, x);
      MemorySegment dst = arena.allocate(src.byteSize(), 4);
      f.map(src.address(), 0, dst.address(), 0, 1, x.length);
      return dst.toArray(JAVA_FLOAT);
    }
  }

  private static void grid(
      RowKernel f,
      DoubleUnaryOperator definition,
      double from,
      double to,
      double relative,
      double absolute) {
    float[] x = new float[200_001];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) (from + (to - from) * i / (x.length - 1));
    }
    float[] got = map(f, x);
    for (int i = 0; i < x.length; i++) {
      double want = definition.applyAsDouble(x[i]);
      double error = Math.abs(got[i] - want);
      if (!(error <= relative * Math.abs(want) + absolute)) {
        throw new AssertionError(
            "f(%s) = %s, should be %s: off by %.2f u"
                .formatted(x[i], got[i], want, error / Math.abs(want) / U));
      }
    }
  }
}
