package dev.tilewright.vector;

import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.LSHL;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * Transcendental functions on vectors. NaN in, NaN out.
 *
 * <p>Polynomials are least-squares fits on Chebyshev nodes, reweighted (Lawson 1961) to level the
 * relative error, with coefficients rounded to float32. Errors are the largest found against double
 * over a dense grid; u is 2^-24.
 *
 * <p>C2 stops inlining these methods, but not those of the JDK, at a number of nodes, and then
 * boxes every vector that crosses the call (96 bytes; gelu took 8 times as long). So constants are
 * vectors that exist, and the loops of {@link RowMap} put the longer functions together from
 * pieces, calling nothing but the JDK after the last of them.
 */
final class VectorMath {
  /** Adding it rounds to an integer, which is then in the low bits: 1.5 * 2^23. */
  private static final float ROUND = 0x1.8p23f;

  private static final int ROUND_BITS = Float.floatToRawIntBits(ROUND);

  private static final FloatVector SHIFT = Lanes.broadcast(ROUND);
  static final FloatVector ONE = Lanes.broadcast(1);
  static final FloatVector TWO = Lanes.broadcast(2);
  private static final FloatVector LOG2_E = Lanes.broadcast(0x1.715476p0f);
  private static final FloatVector MINUS_LN_2_HEAD = Lanes.broadcast(-0x1.62e4p-1f);
  private static final FloatVector MINUS_LN_2_REST = Lanes.broadcast(-0x1.7f7d1cp-20f);

  // (e^r - 1 - r) / r^2, by powers of r.
  private static final FloatVector EXP_0 = Lanes.broadcast(0.49999994f);
  private static final FloatVector EXP_1 = Lanes.broadcast(0.16666521f);
  private static final FloatVector EXP_2 = Lanes.broadcast(0.04166839f);
  private static final FloatVector EXP_3 = Lanes.broadcast(0.008368736f);
  private static final FloatVector EXP_4 = Lanes.broadcast(0.0013814558f);

  // (tanh(x) / x - 1) / x^2, by powers of x^2.
  private static final FloatVector TANH_0 = Lanes.broadcast(-0.3333326f);
  private static final FloatVector TANH_1 = Lanes.broadcast(0.13331127f);
  private static final FloatVector TANH_2 = Lanes.broadcast(-0.053721067f);
  private static final FloatVector TANH_3 = Lanes.broadcast(0.020590983f);
  private static final FloatVector TANH_4 = Lanes.broadcast(-0.005659985f);

  // erf(x) / x, by powers of x^2.
  private static final FloatVector ERF_0 = Lanes.broadcast(1.1283791f);
  private static final FloatVector ERF_1 = Lanes.broadcast(-0.37612626f);
  private static final FloatVector ERF_2 = Lanes.broadcast(0.112835854f);
  private static final FloatVector ERF_3 = Lanes.broadcast(-0.026853811f);
  private static final FloatVector ERF_4 = Lanes.broadcast(0.0051883277f);
  private static final FloatVector ERF_5 = Lanes.broadcast(-0.00080101925f);
  private static final FloatVector ERF_6 = Lanes.broadcast(7.853858e-05f);

  // e^(a^2) * erfc(a) * (1 + 2a), by powers of q.
  private static final FloatVector ERFC_0 = Lanes.broadcast(1.2769784f);
  private static final FloatVector ERFC_1 = Lanes.broadcast(-0.09276398f);
  private static final FloatVector ERFC_2 = Lanes.broadcast(-0.16603142f);
  private static final FloatVector ERFC_3 = Lanes.broadcast(0.16405535f);
  private static final FloatVector ERFC_4 = Lanes.broadcast(-0.0542043f);
  private static final FloatVector ERFC_5 = Lanes.broadcast(-0.008059876f);
  private static final FloatVector ERFC_6 = Lanes.broadcast(0.008631685f);
  private static final FloatVector ERFC_7 = Lanes.broadcast(0.0013135254f);
  private static final FloatVector ERFC_8 = Lanes.broadcast(-0.0012299308f);
  private static final FloatVector ERFC_9 = Lanes.broadcast(-0.0004005796f);

  private VectorMath() {}

  /**
   * e^x to 2 u relative where the result is normal; overflows to infinity and underflows gradually.
   * x = n ln 2 + r, |r| <= ln 2 / 2; ln 2 is split so that n times its head is exact.
   */
  static FloatVector exp(FloatVector x) {
    FloatVector clamped = x.max(-104.5f).min(89f);
    FloatVector rounded = clamped.fma(LOG2_E, SHIFT);
    FloatVector n = rounded.sub(ROUND);
    FloatVector r = n.fma(MINUS_LN_2_HEAD, clamped);
    r = n.fma(MINUS_LN_2_REST, r);
    FloatVector p = EXP_4.fma(r, EXP_3).fma(r, EXP_2).fma(r, EXP_1).fma(r, EXP_0);
    p = p.mul(r).fma(r, r).add(1f);
    // 2^n can leave the range of a normal number where the result does not: two factors.
    IntVector power = rounded.reinterpretAsInts().sub(ROUND_BITS);
    IntVector half = power.lanewise(ASHR, 1);
    IntVector rest = power.sub(half);
    FloatVector first = half.add(127).lanewise(LSHL, 23).reinterpretAsFloats();
    FloatVector second = rest.add(127).lanewise(LSHL, 23).reinterpretAsFloats();
    return p.mul(first).mul(second);
  }

  /** 1 / (1 + e^-x) to 4 u relative above -87; below, the true value is under 1e-37. */
  static FloatVector sigmoid(FloatVector x) {
    return ONE.div(exp(x.neg()).add(1f));
  }

  /** x / (1 + e^-x): as {@link #sigmoid}; NaN at minus infinity, as the definition. */
  static FloatVector silu(FloatVector x) {
    return x.div(exp(x.neg()).add(1f));
  }

  /** tanh x where |x| is at most 0.625, to 2 u relative. */
  static FloatVector tanhNear(FloatVector x) {
    FloatVector s = x.mul(x);
    FloatVector p = TANH_4.fma(s, TANH_3).fma(s, TANH_2).fma(s, TANH_1).fma(s, TANH_0);
    return p.mul(s).fma(x, x);
  }

  /** tanh a, a at least 0.625, to 4 u relative. */
  static FloatVector tanhFar(FloatVector a) {
    return ONE.sub(TWO.div(exp(a.add(a)).add(1f)));
  }

  /** erf x where |x| is at most 1, to 2 u relative. */
  static FloatVector erfNear(FloatVector x) {
    FloatVector s = x.mul(x);
    FloatVector p = ERF_6.fma(s, ERF_5).fma(s, ERF_4).fma(s, ERF_3).fma(s, ERF_2);
    return p.fma(s, ERF_1).fma(s, ERF_0).mul(x);
  }

  /**
   * e^(a^2) * erfc a, a >= 0: g(q) / (1 + 2a) with q = (a - 2) / (a + 2) (Shepherd and Laframboise
   * 1981).
   */
  static FloatVector erfcScaled(FloatVector a) {
    FloatVector q = a.sub(2f).div(a.add(2f));
    FloatVector g = ERFC_9.fma(q, ERFC_8).fma(q, ERFC_7).fma(q, ERFC_6).fma(q, ERFC_5);
    g = g.fma(q, ERFC_4).fma(q, ERFC_3).fma(q, ERFC_2).fma(q, ERFC_1).fma(q, ERFC_0);
    return g.div(a.add(a).add(1f));
  }

  /**
   * e^-(square + rest), rest being what a square lost by rounding: exp would multiply it by a^2.
   */
  static FloatVector expMinus(FloatVector square, FloatVector rest) {
    FloatVector e = exp(square.neg());
    return e.sub(e.mul(rest));
  }
}
