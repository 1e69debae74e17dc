package dev.tilewright.pass;

import dev.tilewright.conv.ConvShape.Size;

/**
 * The shape of a linear map between images whose sizes do not matter:
 *
 * <pre>
 * y[n, i, j, k] = bias[k] + sum of filter[k, c, r, s] * x[n, i * stride + row(r), j * stride + column(s), c]
 * </pre>
 *
 * over the channels c of k's group and all taps, x being 0 outside of the image.
 */
record LinearForm(int inputs, int outputs, int groups, Size stride, Taps rows, Taps columns) {
  static LinearForm identity(int channels) {
    return new LinearForm(channels, channels, channels, new Size(1, 1), Taps.ORIGIN, Taps.ORIGIN);
  }

  /** Input channels of a group. */
  int width() {
    return inputs / groups;
  }

  int taps() {
    return rows.count() * columns.count();
  }

  /** Multiply-accumulates of one output position of one channel. */
  long depth() {
    return (long) width() * taps();
  }

  /** This map, then {@code outer}. A group of either lies within one group of the result. */
  LinearForm then(LinearForm outer) {
    return new LinearForm(
        inputs,
        outer.outputs,
        Taps.gcd(groups, outer.groups),
        new Size(stride.height() * outer.stride.height(), stride.width() * outer.stride.width()),
        rows.then(outer.rows, stride.height()),
        columns.then(outer.columns, stride.width()));
  }

  /** The sum of this map and another between the same images. */
  LinearForm plus(LinearForm other) {
    return new LinearForm(
        inputs,
        outputs,
        Taps.gcd(groups, other.groups),
        stride,
        rows.union(other.rows),
        columns.union(other.columns));
  }

  LinearForm shifted(int down, int right) {
    return new LinearForm(
        inputs, outputs, groups, stride, rows.shifted(down), columns.shifted(right));
  }

  /** Index into a filter of this form, [K, C/G, rows, columns]. */
  int index(int k, int c, int row, int column) {
    int inGroup = c - k / (outputs / groups) * width();
    return ((k * width() + inGroup) * rows.count() + row) * columns.count() + column;
  }

  /** The first input channel that output k sees. */
  int from(int k) {
    return k / (outputs / groups) * width();
  }
}
