package dev.tilewright.pass;

/**
 * Where the taps of a window lie along one axis, relative to stride * output position: {@code first
 * + i * step} for i in [0, count).
 *
 * @param step 0 if there is one tap
 */
record Taps(int first, int step, int count) {
  static final Taps ORIGIN = new Taps(0, 0, 1);

  /** As a convolution says it. */
  static Taps of(int count, int dilation, int padBefore) {
    return new Taps(-padBefore, count == 1 ? 0 : dilation, count);
  }

  int at(int i) {
    return first + i * step;
  }

  int last() {
    return at(count - 1);
  }

  /** The tap at this position, which must be one. */
  int index(int position) {
    return step == 0 ? 0 : (position - first) / step;
  }

  Taps shifted(int by) {
    return new Taps(first + by, step, count);
  }

  /** The fewest evenly spaced taps with both among them. */
  Taps union(Taps other) {
    int from = Math.min(first, other.first);
    int to = Math.max(last(), other.last());
    return spaced(from, to, gcd(gcd(step, other.step), Math.abs(first - other.first)));
  }

  /** Taps of a window over what this window makes of an image at {@code stride}. */
  Taps then(Taps outer, int stride) {
    int from = first + stride * outer.first;
    int to = last() + stride * outer.last();
    return spaced(from, to, gcd(step, stride * outer.step));
  }

  private static Taps spaced(int from, int to, int step) {
    return from == to ? new Taps(from, 0, 1) : new Taps(from, step, (to - from) / step + 1);
  }

  static int gcd(int a, int b) {
    return b == 0 ? a : gcd(b, a % b);
  }
}
