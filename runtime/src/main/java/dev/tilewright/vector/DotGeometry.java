package dev.tilewright.vector;

import dev.tilewright.conv.ConvShape;

/**
 * Lines of output pixels, and which of a line have windows that stay inside the image on the left
 * and right. A 1x1 of stride 1 has one line of all pixels.
 */
record DotGeometry(ConvShape shape, int lines, int width, int innerFrom, int innerTo) {
  static DotGeometry of(ConvShape s) {
    ConvShape.Size out = s.out();
    int lines = s.batch() * out.height();
    ConvShape.Padding pad = s.pad();
    int padding = pad.top() + pad.left() + pad.bottom() + pad.right();
    if (s.isPointwise() && s.stride().equals(new ConvShape.Size(1, 1)) && padding == 0) {
      return new DotGeometry(s, 1, lines * out.width(), 0, lines * out.width());
    }
    int reach = (s.kernel().width() - 1) * s.dilation().width();
    int last = s.in().width() - 1 - reach + pad.left();
    int from = Math.min(out.width(), Math.ceilDiv(pad.left(), s.stride().width()));
    int to = last < 0 ? 0 : Math.min(out.width(), last / s.stride().width() + 1);
    return new DotGeometry(s, lines, out.width(), from, Math.max(from, to));
  }

  /** Whether a row of taps is one run of floats if pixels are dense. */
  boolean mayJoin() {
    return shape.groups() == 1 && shape.dilation().width() == 1;
  }

  /** Whether so many neighbours have whole rows of taps. */
  boolean isInner(int x, int pixels) {
    return x >= innerFrom && x + pixels <= innerTo;
  }
}
