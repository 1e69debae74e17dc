package dev.tilewright.onnx;

import dev.tilewright.conv.ConvShape.Padding;
import dev.tilewright.conv.ConvShape.Size;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Value;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The attributes that convolutions and pools share, as a window over an image: a line [N, C, L] is
 * one of height 1, and of a volume the last two axes are the image (see {@link ImportVolumes}).
 */
final class Windows {
  /** How windows slide along one axis of an input, {@code auto_pad} resolved. */
  record Axis(int in, int taps, int stride, int dilation, int before, int after) {
    /** The height of a line, which no attribute speaks of. */
    static final Axis NONE = new Axis(1, 1, 1, 1, 0, 0);

    int span() {
      return Windows.span(taps, dilation);
    }

    /** How often the window fits. With ceil the last may hang over, but must start in the image. */
    int out(NodeScope n, boolean ceil) {
      int room = in + before + after - span();
      if (room < 0) {
        throw n.node().bad("the window is larger than the padded input");
      }
      int out = (ceil ? Math.ceilDiv(room, stride) : room / stride) + 1;
      return ceil && (out - 1L) * stride >= (long) in + before ? out - 1 : out;
    }
  }

  private Windows() {}

  static @Nullable String refusal(OnnxNode node) {
    String autoPad = node.text("auto_pad", "NOTSET");
    return switch (autoPad) {
      case "NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER" -> null;
      default -> "auto_pad " + autoPad;
    };
  }

  /** [N, C, H, W] of an image or a line. */
  static Value image(NodeScope n, Value x) {
    List<Integer> dims = x.shape().dims();
    return switch (dims.size()) {
      case 4 -> x;
      case 3 -> n.reshape(x, List.of(dims.get(0), dims.get(1), 1, dims.get(2)));
      default -> throw n.unsupported("windows over " + x.type());
    };
  }

  /** Channels last, where windows slide. */
  static Value channelsLast(NodeScope n, Value image) {
    return n.transpose(image, 0, 2, 3, 1);
  }

  /** What is said of each dimension of an image, for channels last. */
  static <T> List<T> channelsLast(List<T> dims) {
    return List.of(dims.get(0), dims.get(2), dims.get(3), dims.get(1));
  }

  /** Back to the layout of the file, and to the rank that the input had. */
  static Value channelsFirst(NodeScope n, Value channelsLast, int rank) {
    Value image = n.transpose(channelsLast, 0, 3, 1, 2);
    List<Integer> dims = image.shape().dims();
    return rank == 4 ? image : n.reshape(image, List.of(dims.get(0), dims.get(1), dims.get(3)));
  }

  /** An attribute with a number per spatial axis, for the image: 1 where absent. */
  static Size size(NodeScope n, String attribute, int rank) {
    List<Integer> both = pair(n, attribute, rank, 1, 1);
    return new Size(both.get(0), both.get(1));
  }

  /** As {@link #size}, with 0 where absent. */
  static List<Integer> amounts(NodeScope n, String attribute, int rank) {
    return pair(n, attribute, rank, 0, 0);
  }

  private static List<Integer> pair(
      NodeScope n, String attribute, int rank, int otherwise, int least) {
    int height = rank == 3 ? otherwise : number(n, attribute, rank, 2, otherwise, least);
    return List.of(height, number(n, attribute, rank, 1, otherwise, least));
  }

  /**
   * One number of an attribute that has one per spatial axis.
   *
   * @param fromLast which axis: 1 is the last
   */
  static int number(
      NodeScope n, String attribute, int rank, int fromLast, int otherwise, int least) {
    List<Long> values = n.node().integers(attribute);
    if (values == null || values.isEmpty()) {
      return otherwise;
    }
    if (values.size() != rank - 2) {
      throw n.node().bad(attribute + " needs " + (rank - 2) + " numbers: " + values);
    }
    return bounded(n, values.get(rank - 2 - fromLast), least);
  }

  /** The attribute pads [begins..., ends...], for the image; zeros where absent. */
  static Padding pads(NodeScope n, int rank) {
    List<Integer> vertical = rank == 3 ? List.of(0, 0) : pads(n, rank, 2);
    List<Integer> horizontal = pads(n, rank, 1);
    return new Padding(vertical.get(0), horizontal.get(0), vertical.get(1), horizontal.get(1));
  }

  /** Its two numbers of one axis. */
  static List<Integer> pads(NodeScope n, int rank, int fromLast) {
    int spatial = rank - 2;
    List<Long> values = n.node().integers("pads");
    if (values == null || values.isEmpty()) {
      return List.of(0, 0);
    }
    if (values.size() != 2 * spatial) {
      throw n.node().bad("pads needs " + 2 * spatial + " numbers: " + values);
    }
    return List.of(
        bounded(n, values.get(spatial - fromLast), 0),
        bounded(n, values.get(2 * spatial - fromLast), 0));
  }

  private static int bounded(NodeScope n, long value, int least) {
    if (value < least || value > Limits.WINDOW) {
      throw n.node().bad("a window has " + value + "; allowed: " + least + " to " + Limits.WINDOW);
    }
    return Math.toIntExact(value);
  }

  /** Rows from the first tap to the last. */
  static int span(int taps, int dilation) {
    return (taps - 1) * dilation + 1;
  }

  /** Strides, dilations and pads of a window that slides over an image, auto_pad resolved. */
  static Op.Window over(NodeScope n, Size in, Size kernel, int rank) {
    Axis vertical = rank == 3 ? Axis.NONE : axis(n, rank, 2, in.height(), kernel.height());
    return window(vertical, axis(n, rank, 1, in.width(), kernel.width()));
  }

  static Op.Window window(Axis vertical, Axis horizontal) {
    return new Op.Window(
        new Size(vertical.taps, horizontal.taps),
        new Size(vertical.stride, horizontal.stride),
        new Size(vertical.dilation, horizontal.dilation),
        new Padding(vertical.before, horizontal.before, vertical.after, horizontal.after));
  }

  /** One axis of an input of this size, counted from the last. */
  static Axis axis(NodeScope n, int rank, int fromLast, int in, int taps) {
    int stride = number(n, "strides", rank, fromLast, 1, 1);
    int dilation = number(n, "dilations", rank, fromLast, 1, 1);
    String mode = n.node().text("auto_pad", "NOTSET");
    if (mode.equals("NOTSET")) {
      List<Integer> pads = pads(n, rank, fromLast);
      // Sums of a size and its padding must not overflow later.
      if ((long) in + pads.get(0) + pads.get(1) > Integer.MAX_VALUE / 2) {
        throw n.node().bad("the padded input is too large");
      }
      return new Axis(in, taps, stride, dilation, pads.get(0), pads.get(1));
    }
    int pad = mode.equals("VALID") ? 0 : same(in, stride, span(taps, dilation));
    int before = mode.equals("SAME_LOWER") ? pad - pad / 2 : pad / 2;
    return new Axis(in, taps, stride, dilation, before, pad - before);
  }

  /** Padding so that out = ceil(in / stride). */
  private static int same(int in, int stride, int span) {
    long out = Math.ceilDiv(in, stride);
    return Math.toIntExact(Math.max(0, (out - 1) * stride + span - in));
  }
}
