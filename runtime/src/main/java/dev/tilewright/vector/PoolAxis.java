package dev.tilewright.vector;

import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.Window;

/**
 * One spatial axis of a pooling: which taps of the window of output i lie inside the image.
 *
 * @param before padding in front
 * @param after padding behind
 */
record PoolAxis(int in, int out, int kernel, int stride, int dilation, int before, int after) {
  static PoolAxis vertical(Op.Pool pool, int in) {
    Window w = pool.window();
    return new PoolAxis(
        in,
        pool.out().height(),
        w.kernel().height(),
        w.stride().height(),
        w.dilation().height(),
        w.pad().top(),
        w.pad().bottom());
  }

  static PoolAxis horizontal(Op.Pool pool, int in) {
    Window w = pool.window();
    return new PoolAxis(
        in,
        pool.out().width(),
        w.kernel().width(),
        w.stride().width(),
        w.dilation().width(),
        w.pad().left(),
        w.pad().right());
  }

  private int firstTap(int i) {
    return Math.max(0, Math.ceilDiv(before - i * stride, dilation));
  }

  /** Taps of a window before the position {@code limit} of the unpadded image. */
  private int tapsBefore(int i, int limit) {
    return Math.clamp(Math.ceilDiv(limit + before - i * stride, dilation), 0, kernel);
  }

  /** Position in the image of the first tap inside. */
  int first(int i) {
    return i * stride - before + firstTap(i) * dilation;
  }

  /** Number of taps inside. */
  int count(int i) {
    return Math.max(0, tapsBefore(i, in) - firstTap(i));
  }

  /** Number of taps that an average divides by; those past the padding never count. */
  int cells(int i, boolean countPad) {
    return countPad ? tapsBefore(i, in + after) : count(i);
  }

  /** Whether some window has no tap inside, so that its result is nothing a kernel here gives. */
  boolean hasEmpty() {
    for (int i = 0; i < out; i++) {
      if (count(i) == 0) {
        return true;
      }
    }
    return false;
  }
}
