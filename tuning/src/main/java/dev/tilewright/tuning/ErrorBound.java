package dev.tilewright.tuning;

import dev.tilewright.conv.Activation;
import dev.tilewright.conv.ConvShape;
import dev.tilewright.conv.Rounding;

/**
 * How far a correct result may be from the exact one: docs/numerics.md, "Convolution".
 *
 * @param sum of the rounding errors of the sum, relative to M, the sum of the terms' magnitudes
 * @param slope largest slope of the activation, by which it can amplify them
 * @param own error of the activation, relative to max(1, |result|)
 */
public record ErrorBound(double sum, double slope, double own) {
  /** Relative error of one rounding to float32. */
  public static final double UNIT = 0x1p-24;

  /** The bound for an algorithm that rounds so. */
  public static ErrorBound of(Rounding rounding, ConvShape shape, Activation activation) {
    boolean exact = activation instanceof Activation.None;
    return new ErrorBound(
        rounding.bound(shape), exact ? 1 : steepest(activation), exact ? 0 : 16 * UNIT);
  }

  /**
   * The largest error of a correct result.
   *
   * @param magnitude M: the sum of |x||w| plus |bias| plus |residual|; the largest one of all
   *     results that share their sums
   */
  public double allowed(double magnitude, double result) {
    return slope * (sum * magnitude + 1e-37) + own * Math.max(1, Math.abs(result));
  }

  private static double steepest(Activation activation) {
    return switch (activation) {
      case Activation.LeakyRelu(float slope) -> Math.max(1, Math.abs(slope));
      case Activation.HardSigmoid(float alpha, float beta) -> Math.abs(alpha);
      default -> 1.5;
    };
  }
}
