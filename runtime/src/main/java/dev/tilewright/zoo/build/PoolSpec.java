package dev.tilewright.zoo.build;

import static dev.tilewright.zoo.build.RuleException.require;

/**
 * A square window of a pool.
 *
 * @param ceil whether the last window may stick out of the map
 * @param countPadding whether an average counts the zeros around the map
 */
public record PoolSpec(int kernel, int stride, int pad, boolean ceil, boolean countPadding) {
  /**
   * @throws RuleException if there can be no such pool
   */
  public PoolSpec {
    require(kernel > 0 && stride > 0, "window and stride are at least 1: %d, %d", kernel, stride);
    require(
        pad >= 0 && pad < kernel,
        "padding (%d) is less than the window (%d), which else would see nothing else",
        pad,
        kernel);
  }

  /** Windows side by side. */
  public static PoolSpec of(int kernel) {
    return new PoolSpec(kernel, kernel, 0, false, true);
  }

  public PoolSpec stride(int s) {
    return new PoolSpec(kernel, s, pad, ceil, countPadding);
  }

  public PoolSpec padding(int p) {
    return new PoolSpec(kernel, stride, p, ceil, countPadding);
  }

  public PoolSpec ceiling() {
    return new PoolSpec(kernel, stride, pad, true, countPadding);
  }

  public PoolSpec withoutPadding() {
    return new PoolSpec(kernel, stride, pad, ceil, false);
  }

  int output(int size, String layer) {
    return new Window(kernel, stride, pad, 1).output(size, ceil, layer);
  }
}
