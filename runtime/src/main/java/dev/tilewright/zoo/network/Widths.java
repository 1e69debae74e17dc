package dev.tilewright.zoo.network;

/** Channels of networks that are scaled. */
final class Widths {
  private static final int DIVISOR = 8;

  private Widths() {}

  /** The multiple of 8 that is nearest, but at least 8, and no less than nine tenths. */
  static int divisible(double channels) {
    int nearest = Math.max(DIVISOR, (int) (channels + DIVISOR / 2.0) / DIVISOR * DIVISOR);
    return nearest < 0.9 * channels ? nearest + DIVISOR : nearest;
  }
}
