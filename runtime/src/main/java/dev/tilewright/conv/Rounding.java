package dev.tilewright.conv;

/**
 * How an algorithm rounds, compared with the direct sum; see docs/numerics.md.
 *
 * @param growth how many times larger the terms are that it sums
 * @param block output pixels that are computed from the same sums: height and width of the blocks,
 *     counted from the first pixel, within which large values lend each other their errors and a
 *     NaN or an infinity makes all outputs NaN
 */
public record Rounding(double growth, ConvShape.Size block) {
  public static final Rounding DIRECT = new Rounding(1, new ConvShape.Size(1, 1));

  /** Of float32: half the distance from 1 to the next number. */
  private static final double UNIT = 0x1p-24;

  /**
   * How large an error can be but for a few in 10,000, relative to the largest sum of absolute
   * products of a block's outputs.
   */
  public double bound(ConvShape shape) {
    double taps = (double) shape.kernel().height() * shape.kernel().width();
    double terms = (double) shape.inChannels() / shape.groups() * taps;
    return 4 * UNIT * Math.sqrt(terms + 2) * growth;
  }
}
