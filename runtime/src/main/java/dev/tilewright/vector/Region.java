package dev.tilewright.vector;

import dev.tilewright.conv.ConvShape;
import java.util.ArrayList;
import java.util.List;

/**
 * A rectangle of output pixels whose windows meet the image in the same taps, so that no pixel of
 * it reads padding.
 *
 * @param rows output rows with the rows of the filter that they read
 * @param columns likewise of columns
 */
record Region(Span rows, Span columns) {
  /**
   * Outputs along one dimension that read the same taps.
   *
   * @param from first output
   * @param to behind the last output
   * @param firstTap first tap inside the image
   * @param endTap behind the last tap inside the image; {@code firstTap} if all are padding
   */
  record Span(int from, int to, int firstTap, int endTap) {
    int length() {
      return to - from;
    }

    int taps() {
      return endTap - firstTap;
    }
  }

  /** The regions that make up the output, row by row. */
  static List<Region> of(ConvShape s) {
    ConvShape.Size out = s.out();
    List<Span> columns =
        spans(
            out.width(),
            s.in().width(),
            s.kernel().width(),
            s.stride().width(),
            s.dilation().width(),
            s.pad().left());
    List<Region> regions = new ArrayList<>();
    for (Span rows :
        spans(
            out.height(),
            s.in().height(),
            s.kernel().height(),
            s.stride().height(),
            s.dilation().height(),
            s.pad().top())) {
      for (Span span : columns) {
        regions.add(new Region(rows, span));
      }
    }
    return regions;
  }

  private static List<Span> spans(int out, int in, int taps, int stride, int dilation, int pad) {
    List<Span> spans = new ArrayList<>();
    Span open = null;
    for (int o = 0; o < out; o++) {
      int start = o * stride - pad;
      int first = Math.clamp(Math.ceilDiv(-start, dilation), 0, taps);
      int end = Math.clamp(Math.ceilDiv(in - start, dilation), first, taps);
      if (open != null && open.firstTap == first && open.endTap == end) {
        open = new Span(open.from, o + 1, first, end);
      } else {
        if (open != null) {
          spans.add(open);
        }
        open = new Span(o, o + 1, first, end);
      }
    }
    if (open != null) {
      spans.add(open);
    }
    return spans;
  }

  int taps() {
    return rows.taps() * columns.taps();
  }

  long pixels() {
    return (long) rows.length() * columns.length();
  }
}
