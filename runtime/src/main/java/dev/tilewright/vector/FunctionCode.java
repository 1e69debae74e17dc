package dev.tilewright.vector;

import dev.tilewright.conv.Activation;
import dev.tilewright.graph.Op.BinaryFunction;
import dev.tilewright.graph.Op.UnaryFunction;
import dev.tilewright.vector.VectorCode.Vec;

/**
 * Functions as vector code. NaN in, NaN out: comparisons with NaN are false, and each branch that
 * they then select is computed from the value itself.
 *
 * <p>Polynomials are least-squares fits on Chebyshev nodes, reweighted (Lawson 1961) to level the
 * relative error, with coefficients rounded to float32. Errors are the largest found against double
 * over a dense grid where multiply-add is fused; u is 2^-24.
 */
final class FunctionCode {
  private FunctionCode() {}

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

  /** At most four instructions: worth repeating for each accumulator. */
  static boolean isFew(Activation activation) {
    return activation instanceof Activation.None
        || activation instanceof Activation.Clip
        || activation instanceof Activation.LeakyRelu;
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

  /** One of the functions that {@link RowKernel#of(UnaryFunction)} has. */
  static Vec emit(VectorCode code, UnaryFunction function, Vec x) {
    return switch (function) {
      case SQRT -> code.unary("sqrt", x);
      case EXP -> exp(code, x);
      case ERF -> erf(code, x);
      case ABS -> code.unary("abs", x);
      case NEG -> code.unary("neg", x);
      case RECIPROCAL -> code.divide(code.constant(1), x);
      default -> throw new IllegalArgumentException("no " + function);
    };
  }

  /** One of the functions that {@link RowKernel#of(BinaryFunction, RowKernel.Second)} has. */
  static Vec emit(VectorCode code, BinaryFunction function, Vec x, Vec y) {
    return switch (function) {
      case ADD -> code.add(x, y);
      case SUB -> code.subtract(x, y);
      case MUL -> code.multiply(x, y);
      case DIV -> code.divide(x, y);
      case MIN -> code.binary("min", x, y);
      case MAX -> code.binary("max", x, y);
      case MOD, REMAINDER, POW, EQUAL, LESS, GREATER, AND, OR ->
          throw new IllegalArgumentException("no " + function);
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

  /** Sigmoid and SiLU are then within 4 u above -87; below, the sigmoid is under 1e-37. */
  private static Vec onePlusExpMinus(VectorCode code, Vec x) {
    return code.add(exp(code, code.unary("neg", x)), code.constant(1));
  }

  /**
   * e^x to 2 u relative where the result is normal; overflows to infinity and underflows gradually.
   * x = n ln 2 + r, |r| <= ln 2 / 2; ln 2 is split so that n times its head is exact.
   */
  private static Vec exp(VectorCode code, Vec x) {
    Vec clipped = clip(code, x, -104.5, 89);
    // Adding 1.5 * 2^23 rounds to an integer and leaves it in the low mantissa bits.
    Vec magic = code.constant(VectorCode.ROUND);
    Vec rounded = code.multiplyAdd(clipped, code.constant(0x1.715476p0), magic);
    Vec n = code.subtract(rounded, magic);
    Vec r = code.multiplyAdd(n, code.constant(-0x1.62e4p-1), clipped);
    r = code.multiplyAdd(n, code.constant(-0x1.7f7d1cp-20), r);
    Vec p = code.multiply(polynomial(code, r, EXP), r);
    p = code.add(code.multiplyAdd(p, r, r), code.constant(1));
    return code.scale(p, rounded);
  }

  /** To 4 u relative: above 0.625 1 - 2 / (exp(2x) + 1). */
  private static Vec tanh(VectorCode code, Vec x) {
    Vec a = code.unary("abs", x);
    Vec square = code.multiply(x, x);
    Vec p = code.multiply(polynomial(code, square, TANH), square);
    Vec near = code.multiplyAdd(p, x, x);
    Vec one = code.constant(1);
    Vec e = code.add(exp(code, code.add(a, a)), one);
    Vec far = code.subtract(one, code.divide(code.constant(2), e));
    return code.ifLess(code.constant(0.625), a, withSign(code, far, x), near);
  }

  private static Vec withSign(VectorCode code, Vec positive, Vec x) {
    return code.ifLess(x, code.constant(0), code.unary("neg", positive), positive);
  }

  /** To 4 u relative. */
  private static Vec erf(VectorCode code, Vec x) {
    Vec s = code.multiply(x, x);
    Vec near = code.multiply(polynomial(code, s, ERF), x);
    Vec a = clip(code, code.unary("abs", x), Double.NEGATIVE_INFINITY, 10);
    Vec one = code.constant(1);
    Vec square = code.multiply(a, a);
    Vec tail = expMinus(code, square, lost(code, a, square));
    Vec far = code.subtract(one, code.multiply(tail, erfcScaled(code, a)));
    return code.ifLess(one, a, withSign(code, far, x), near);
  }

  /** To 10 u relative down to -13, where the result goes out of range: x/2 * erfc(-x / sqrt 2). */
  private static Vec gelu(VectorCode code, Vec x) {
    Vec a = clip(code, code.unary("abs", x), Double.NEGATIVE_INFINITY, 14.2);
    Vec half = code.constant(0.5);
    Vec square = code.multiply(a, a);
    Vec rest = code.multiply(lost(code, a, square), half);
    Vec tail = expMinus(code, code.multiply(square, half), rest);
    tail = code.multiply(tail, erfcScaled(code, code.multiply(a, code.constant(0x1.6a09e6p-1))));
    Vec upper = code.subtract(code.constant(2), tail);
    Vec sum = code.ifLess(code.constant(0), x, upper, tail);
    return code.multiply(code.multiply(x, half), sum);
  }

  /** What the square of a lost by rounding. */
  private static Vec lost(VectorCode code, Vec a, Vec square) {
    return code.multiplyAdd(a, a, code.unary("neg", square));
  }

  /** e^-(square + rest): exp would multiply the error of the square by it. */
  private static Vec expMinus(VectorCode code, Vec square, Vec rest) {
    Vec e = exp(code, code.unary("neg", square));
    return code.subtract(e, code.multiply(e, rest));
  }

  /**
   * e^(a^2) * erfc a, a >= 0: g(q) / (1 + 2a) with q = (a - 2) / (a + 2) (Shepherd and Laframboise
   * 1981).
   */
  private static Vec erfcScaled(VectorCode code, Vec a) {
    Vec two = code.constant(2);
    Vec q = code.divide(code.subtract(a, two), code.add(a, two));
    return code.divide(polynomial(code, q, ERFC), code.add(code.add(a, a), code.constant(1)));
  }

  /** (e^r - 1 - r) / r^2. */
  private static final double[] EXP = {
    0.0013814558, 0.008368736, 0.04166839, 0.16666521, 0.49999994
  };

  /** (tanh(x) / x - 1) / x^2, in x^2. */
  private static final double[] TANH = {
    -0.005659985, 0.020590983, -0.053721067, 0.13331127, -0.3333326
  };

  /** erf(x) / x, in x^2. */
  private static final double[] ERF = {
    7.853858e-05, -0.00080101925, 0.0051883277, -0.026853811, 0.112835854, -0.37612626, 1.1283791
  };

  /** e^(a^2) * erfc(a) * (1 + 2a), in q. */
  private static final double[] ERFC = {
    -0.0004005796,
    -0.0012299308,
    0.0013135254,
    0.008631685,
    -0.008059876,
    -0.0542043,
    0.16405535,
    -0.16603142,
    -0.09276398,
    1.2769784
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
