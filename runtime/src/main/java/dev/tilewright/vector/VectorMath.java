package dev.tilewright.vector;

import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LSHL;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * Transcendental functions on vectors. NaN in, NaN out.
 *
 * <p>Polynomials are least-squares fits on Chebyshev nodes, reweighted (Lawson 1961) to level the
 * relative error, with coefficients rounded to float32. Errors are the largest found against double
 * over a dense grid; u is 2^-24.
 */
final class VectorMath {
  /** Adding it rounds to an integer, which is then in the low bits: 1.5 * 2^23. */
  private static final float ROUND = 0x1.8p23f;

  private static final int ROUND_BITS = Float.floatToRawIntBits(ROUND);

  private VectorMath() {}

  /**
   * e^x to 2 u relative where the result is normal; overflows to infinity and underflows gradually.
   * x = n ln 2 + r, |r| <= ln 2 / 2; ln 2 is split so that n times its head is exact.
   */
  static FloatVector exp(FloatVector x) {
    FloatVector clamped = x.max(-104.5f).min(89f);
    FloatVector rounded = clamped.fma(Lanes.broadcast(0x1.715476p0f), Lanes.broadcast(ROUND));
    FloatVector n = rounded.sub(ROUND);
    FloatVector r = n.fma(Lanes.broadcast(-0x1.62e4p-1f), clamped);
    r = n.fma(Lanes.broadcast(-0x1.7f7d1cp-20f), r);
    FloatVector p = Lanes.broadcast(0.001381455804221332f);
    p = p.fma(r, Lanes.broadcast(0.008368736132979393f));
    p = p.fma(r, Lanes.broadcast(0.04166838899254799f));
    p = p.fma(r, Lanes.broadcast(0.1666652113199234f));
    p = p.fma(r, Lanes.broadcast(0.4999999403953552f));
    p = p.mul(r).fma(r, r).add(1f);
    // 2^n can leave the range of a normal number where the result does not: two factors.
    IntVector power = rounded.reinterpretAsInts().sub(ROUND_BITS);
    IntVector half = power.lanewise(ASHR, 1);
    return p.mul(power2(half)).mul(power2(power.sub(half)));
  }

  private static FloatVector power2(IntVector n) {
    return n.add(127).lanewise(LSHL, 23).reinterpretAsFloats();
  }

  /** 1 / (1 + e^-x) to 4 u relative above -87; below, the true value is under 1e-37. */
  static FloatVector sigmoid(FloatVector x) {
    return Lanes.broadcast(1).div(exp(x.neg()).add(1f));
  }

  /** x / (1 + e^-x): as {@link #sigmoid}; NaN at minus infinity, as the definition. */
  static FloatVector silu(FloatVector x) {
    return x.div(exp(x.neg()).add(1f));
  }

  /** tanh x to 4 u relative. */
  static FloatVector tanh(FloatVector x) {
    FloatVector s = x.mul(x);
    FloatVector p = Lanes.broadcast(-0.005659984890371561f);
    p = p.fma(s, Lanes.broadcast(0.02059098333120346f));
    p = p.fma(s, Lanes.broadcast(-0.05372106656432152f));
    p = p.fma(s, Lanes.broadcast(0.13331127166748047f));
    p = p.fma(s, Lanes.broadcast(-0.3333325982093811f));
    FloatVector small = p.mul(s).fma(x, x);
    FloatVector a = x.abs();
    FloatVector large = Lanes.broadcast(1).sub(Lanes.broadcast(2).div(exp(a.add(a)).add(1f)));
    return small.blend(copySign(large, x), a.compare(GT, 0.625f));
  }

  /** erf x to 4 u relative. */
  static FloatVector erf(FloatVector x) {
    FloatVector s = x.mul(x);
    FloatVector p = Lanes.broadcast(7.853857823647559e-05f);
    p = p.fma(s, Lanes.broadcast(-0.0008010192541405559f));
    p = p.fma(s, Lanes.broadcast(0.005188327748328447f));
    p = p.fma(s, Lanes.broadcast(-0.026853810995817184f));
    p = p.fma(s, Lanes.broadcast(0.1128358542919159f));
    p = p.fma(s, Lanes.broadcast(-0.3761262595653534f));
    p = p.fma(s, Lanes.broadcast(1.1283791065216064f));
    FloatVector a = x.abs();
    FloatVector b = a.min(10f);
    FloatVector square = b.mul(b);
    FloatVector tail = erfc(b, square, b.fma(b, square.neg()));
    FloatVector large = copySign(Lanes.broadcast(1).sub(tail), x);
    return p.mul(x).blend(large, a.compare(GT, 1f));
  }

  /**
   * x/2 * (1 + erf(x / sqrt 2)). Relative error at most 10 u down to -13, where the result goes out
   * of range: the tail is computed as x/2 * erfc, without cancellation.
   */
  static FloatVector gelu(FloatVector x) {
    FloatVector a = x.abs().min(14.2f);
    FloatVector square = a.mul(a);
    FloatVector rest = a.fma(a, square.neg());
    FloatVector tail = erfc(a.mul(0x1.6a09e6p-1f), square.mul(0.5f), rest.mul(0.5f));
    FloatVector sum = tail.blend(Lanes.broadcast(2).sub(tail), x.compare(GT, 0f));
    return x.mul(0.5f).mul(sum);
  }

  /**
   * erfc a, a >= 0, which is 0 in float32 long before 10: e^(-a^2) * g(q) / (1 + 2a) with q = (a -
   * 2) / (a + 2) (Shepherd and Laframboise 1981).
   *
   * @param square a^2
   * @param rest what a^2 lost by rounding; the exponential would multiply it by a^2
   */
  private static FloatVector erfc(FloatVector a, FloatVector square, FloatVector rest) {
    FloatVector q = a.sub(2f).div(a.add(2f));
    FloatVector g = Lanes.broadcast(-0.0004005795926786959f);
    g = g.fma(q, Lanes.broadcast(-0.001229930785484612f));
    g = g.fma(q, Lanes.broadcast(0.0013135253684595227f));
    g = g.fma(q, Lanes.broadcast(0.008631684817373753f));
    g = g.fma(q, Lanes.broadcast(-0.008059876039624214f));
    g = g.fma(q, Lanes.broadcast(-0.0542043000459671f));
    g = g.fma(q, Lanes.broadcast(0.16405534744262695f));
    g = g.fma(q, Lanes.broadcast(-0.16603142023086548f));
    g = g.fma(q, Lanes.broadcast(-0.0927639827132225f));
    g = g.fma(q, Lanes.broadcast(1.2769783735275269f));
    FloatVector e = exp(square.neg());
    e = e.sub(e.mul(rest));
    return e.mul(g).div(a.add(a).add(1f));
  }

  private static FloatVector copySign(FloatVector magnitude, FloatVector sign) {
    IntVector bits = sign.reinterpretAsInts().and(Integer.MIN_VALUE);
    return magnitude.reinterpretAsInts().or(bits).reinterpretAsFloats();
  }
}
