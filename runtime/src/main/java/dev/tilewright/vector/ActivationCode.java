package dev.tilewright.vector;

import dev.tilewright.conv.Activation;
import dev.tilewright.vector.VectorCode.Vec;

/**
 * Activations as vector code. NaN in, NaN out: comparisons with NaN are false, and each branch that
 * they then select is computed from the value itself.
 *
 * <p>Errors against double on [-90, 90] are in docs/numerics.md.
 */
final class ActivationCode {
  private ActivationCode() {}

  /** Cheap enough to be applied to accumulators inside a micro-kernel: a few instructions. */
  static boolean isShort(Activation activation) {
    return switch (activation) {
      case Activation.None n -> true;
      case Activation.Clip c -> true;
      case Activation.LeakyRelu r -> true;
      case Activation.HardSigmoid s -> true;
      case Activation.HardSwish s -> true;
      case Activation.Sigmoid s -> false;
      case Activation.Silu s -> false;
      case Activation.Gelu g -> false;
      case Activation.Tanh t -> false;
    };
  }

  /** Writes code that computes the activation of {@code x}. */
  static Vec emit(VectorCode code, Activation activation, Vec x) {
    return switch (activation) {
      case Activation.None n -> x;
      case Activation.Clip(float low, float high) -> clip(code, x, low, high);
      case Activation.LeakyRelu(float slope) -> {
        Vec scaled = code.multiply(x, code.constant(slope));
        yield code.ifLess(code.constant(0), x, x, scaled);
      }
      case Activation.HardSigmoid(float alpha, float beta) -> hardSigmoid(code, x, alpha, beta);
      case Activation.HardSwish s -> code.multiply(x, hardSigmoid(code, x, 1 / 6.0, 0.5));
      case Activation.Sigmoid s -> code.divide(code.constant(1), onePlusExpMinus(code, x));
      case Activation.Silu s -> code.divide(x, onePlusExpMinus(code, x));
      case Activation.Gelu g -> gelu(code, x);
      case Activation.Tanh t -> tanh(code, x);
    };
  }

  private static Vec clip(VectorCode code, Vec x, double low, double high) {
    Vec y = x;
    if (low > Double.NEGATIVE_INFINITY) {
      Vec bound = code.constant(low);
      y = code.ifLess(y, bound, bound, y);
    }
    if (high < Double.POSITIVE_INFINITY) {
      Vec bound = code.constant(high);
      y = code.ifLess(bound, y, bound, y);
    }
    return y;
  }

  private static Vec hardSigmoid(VectorCode code, Vec x, double alpha, double beta) {
    return clip(code, code.multiplyAdd(x, code.constant(alpha), code.constant(beta)), 0, 1);
  }

  private static Vec onePlusExpMinus(VectorCode code, Vec x) {
    return code.add(code.constant(1), exp(code, code.negate(x)));
  }

  /** exp(x) for x clipped to [-86, 88], so that the result is a normal number. */
  private static Vec exp(VectorCode code, Vec x) {
    Vec clipped = clip(code, x, -86, 88);
    // Adding 1.5 * 2^23 rounds to an integer and leaves it in the low mantissa bits.
    Vec magic = code.constant(0x1.8p23);
    Vec shifted = code.multiplyAdd(clipped, code.constant(1.44269504), magic);
    Vec n = code.subtract(shifted, magic);
    // ln 2 in two parts: the first has few digits, so its product with n is exact.
    Vec r = code.multiplyAdd(n, code.constant(-0.693359375), clipped);
    r = code.multiplyAdd(n, code.constant(2.12194440e-4), r);
    // Minimax polynomial of exp on [-ln 2 / 2, ln 2 / 2]: Moshier, Cephes (1992), expf.
    Vec p = polynomial(code, r, EXP);
    p = code.add(code.multiplyAdd(p, code.multiply(r, r), r), code.constant(1));
    return code.multiply(p, code.powerOfTwo(shifted));
  }

  /** Below 0.625 an odd polynomial (Moshier, Cephes (1992), tanhf), above 1 - 2 / (exp(2x) + 1). */
  private static Vec tanh(VectorCode code, Vec x) {
    Vec a = code.abs(x);
    Vec one = code.constant(1);
    Vec e = code.add(exp(code, code.add(a, a)), one);
    Vec large = code.subtract(one, code.divide(code.constant(2), e));
    large = code.ifLess(x, code.constant(0), code.negate(large), large);
    Vec square = code.multiply(x, x);
    Vec cubic = code.multiply(square, x);
    Vec small = code.multiplyAdd(polynomial(code, square, TANH), cubic, x);
    return code.ifLess(a, code.constant(0.625), small, large);
  }

  /**
   * x * Phi(x), with the tail 1 - Phi(|x|) = exp(-x^2 / 2) * t * P(t) / 2, t = 1 / (1 + 0.3275911
   * |x| / sqrt 2): Abramowitz and Stegun 1964, 7.1.26, error of erf at most 1.5e-7.
   */
  private static Vec gelu(VectorCode code, Vec x) {
    Vec one = code.constant(1);
    Vec a = code.abs(x);
    Vec t = code.divide(one, code.multiplyAdd(a, code.constant(0.3275911 * 0.70710678), one));
    Vec halfSquare = code.multiply(code.multiply(x, x), code.constant(-0.5));
    Vec p = code.multiply(polynomial(code, t, ERFC), t);
    Vec tail = code.multiply(code.multiply(p, code.constant(0.5)), exp(code, halfSquare));
    Vec positive = code.subtract(x, code.multiply(x, tail));
    return code.ifLess(code.constant(0), x, positive, code.multiply(x, tail));
  }

  private static final double[] EXP = {
    1.9875691500E-4,
    1.3981999507E-3,
    8.3334519073E-3,
    4.1665795894E-2,
    1.6666665459E-1,
    5.0000001201E-1
  };

  private static final double[] TANH = {
    -5.70498872745E-3, 2.06390887954E-2, -5.37397155531E-2, 1.33314422036E-1, -3.33332819422E-1
  };

  private static final double[] ERFC = {
    1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592
  };

  /** Horner's rule, highest coefficient first. */
  private static Vec polynomial(VectorCode code, Vec x, double[] coefficients) {
    Vec sum = code.constant(coefficients[0]);
    for (int i = 1; i < coefficients.length; i++) {
      sum = code.multiplyAdd(sum, x, code.constant(coefficients[i]));
    }
    return sum;
  }
}
