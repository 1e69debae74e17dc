package dev.tilewright.tuning;

import dev.tilewright.conv.Activation;
import dev.tilewright.conv.Rounding;

/**
 * How far a correct result may be from the exact one: docs/numerics.md, "Convolution".
 *
 * @param sum of the rounding errors of the sum, as a multiple of {@link #UNIT} * M, where M is the
 *     sum of the terms' magnitudes
 * @param slope largest slope of the activation, by which it can amplify them
 * @param own error of the activation, relative to max(1, |result|)
 */
public record ErrorBound(double sum, double slope, double own) {
  /** Relative error of one rounding to float32. */
  public static final double UNIT = 0x1p-24;

  /** How many standard deviations of a random walk of roundings are allowed. */
  private static final double DEVIATIONS = 4;

  /**
   * The bound for one algorithm on one problem.
   *
   * @param growth of rounding errors by the algorithm's transforms, see {@link Rounding}
   * @param terms of the sum, bias and residual not counted
   */
  public static ErrorBound of(double growth, long terms, Activation activation) {
    boolean exact = activation instanceof Activation.None;
    return new ErrorBound(
        DEVIATIONS * Math.sqrt(terms + 2.0) * growth,
        exact ? 1 : steepest(activation),
        exact ? 0 : 16 * UNIT);
  }

  /**
   * The largest error of a correct result.
   *
   * @param magnitude M: the sum of |x||w| plus |bias| plus |residual|
   */
  public double allowed(double magnitude, double result) {
    return slope * sum * UNIT * magnitude + own * Math.max(1, Math.abs(result)) + 1e-37;
  }

  private static double steepest(Activation activation) {
    return switch (activation) {
      case Activation.LeakyRelu(float slope) -> Math.max(1, Math.abs(slope));
      case Activation.HardSigmoid(float alpha, float beta) -> Math.abs(alpha);
      default -> 1.5;
    };
  }
}
