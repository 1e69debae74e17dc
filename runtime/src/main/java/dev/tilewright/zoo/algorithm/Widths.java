package dev.tilewright.zoo.algorithm;

import static dev.tilewright.zoo.build.RuleException.require;

/** Channels of networks that are scaled. */
public final class Widths {
  private static final int DIVISOR = 8;

  /** Of what anybody has built. */
  private static final double LARGEST = 64;

  private Widths() {}

  /** A multiplier of all channels of a network. */
  public static double multiplier(double multiplier) {
    require(
        multiplier > 0 && multiplier <= LARGEST,
        "the width multiplier is above 0, and at most %s, not %s",
        LARGEST,
        multiplier);
    return multiplier;
  }

  /** A number of channels times a multiplier, rounded down. */
  public static int scaled(int channels, double multiplier) {
    return (int) (channels * multiplier(multiplier));
  }

  /** The multiple of 8 that is nearest, but at least 8, and no less than nine tenths. */
  public static int divisible(double channels) {
    return divisible(channels, DIVISOR);
  }

  /** The same, but at least a number. */
  public static int divisible(double channels, int least) {
    int nearest = Math.max(least, (int) (channels + DIVISOR / 2.0) / DIVISOR * DIVISOR);
    return nearest < 0.9 * channels ? nearest + DIVISOR : nearest;
  }
}
