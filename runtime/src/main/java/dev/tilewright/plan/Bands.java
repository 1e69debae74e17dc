package dev.tilewright.plan;

import dev.tilewright.conv.ConvShape;
import dev.tilewright.conv.ConvShape.Padding;
import dev.tilewright.conv.ConvShape.Size;
import java.util.ArrayList;
import java.util.List;

/**
 * How the output rows of a {@link ConvChain} are cut: into bands that are computed one after the
 * other, and the bands into parts that do not depend on each other. From one band to the next of a
 * part the input rows that both see are kept, so that rows are computed twice only where parts
 * meet.
 *
 * @param shape of the depthwise convolution
 * @param rows output rows of a band; the last one of an image may have fewer
 * @param parts each a list of bands
 */
record Bands(ConvShape shape, int rows, List<List<Band>> parts) {
  /**
   * Output rows of one image and the input rows that they see.
   *
   * @param first output row
   * @param top first input row inside the image that the band sees
   * @param end the input row after the last
   * @param kept leading input rows that the band before has seen
   * @param skipped rows of that band before the first kept one
   */
  record Band(int image, int first, int rows, int top, int end, int kept, int skipped) {
    int seen() {
      return end - top;
    }

    int computed() {
      return seen() - kept;
    }
  }

  /**
   * @param rows output rows of a band
   * @param parts wanted; there are no more than bands
   */
  static Bands of(ConvShape shape, int rows, int parts) {
    int height = shape.out().height();
    int perImage = Math.ceilDiv(height, rows);
    int bands = shape.batch() * perImage;
    int count = Math.clamp(parts, 1, bands);
    List<List<Band>> all = new ArrayList<>();
    for (int part = 0; part < count; part++) {
      List<Band> of = new ArrayList<>();
      int end = (int) ((long) (part + 1) * bands / count);
      for (int i = (int) ((long) part * bands / count); i < end; i++) {
        int first = i % perImage * rows;
        Band before = of.isEmpty() || first == 0 ? null : of.getLast();
        int top = Math.max(0, firstSeen(shape, first));
        int last = Math.min(rows, height - first);
        int bottom = firstSeen(shape, first + last - 1) + shape.kernel().height();
        int seen = Math.min(shape.in().height(), bottom);
        int kept = before == null ? 0 : Math.max(0, before.end - top);
        int skipped = kept == 0 || before == null ? 0 : top - before.top;
        of.add(new Band(i / perImage, first, last, top, seen, kept, skipped));
      }
      all.add(List.copyOf(of));
    }
    return new Bands(shape, rows, List.copyOf(all));
  }

  List<Band> all() {
    return parts.stream().flatMap(List::stream).toList();
  }

  /** Most input rows that a band sees. */
  int mostSeen() {
    return all().stream().mapToInt(Band::seen).max().orElse(0);
  }

  /** The depthwise convolution of one band, its padding above and below included. */
  ConvShape depthwise(Band band) {
    int above = band.top - firstSeen(shape, band.first);
    int window = (band.rows - 1) * shape.stride().height() + shape.kernel().height();
    Padding pad = shape.pad();
    return new ConvShape(
        1,
        shape.groups(),
        shape.inChannels(),
        shape.outChannels(),
        new Size(band.seen(), shape.in().width()),
        shape.kernel(),
        shape.stride(),
        shape.dilation(),
        new Padding(above, pad.left(), window - above - band.seen(), pad.right()));
  }

  /** A 1x1 convolution of some rows of one image. */
  static ConvShape pointwise(ConvShape whole, int rows) {
    return new ConvShape(
        1,
        1,
        whole.inChannels(),
        whole.outChannels(),
        new Size(rows, whole.in().width()),
        whole.kernel(),
        whole.stride(),
        whole.dilation(),
        whole.pad());
  }

  /** The input row under the first tap of an output row; negative in the padding. */
  private static int firstSeen(ConvShape shape, int row) {
    return row * shape.stride().height() - shape.pad().top();
  }
}
