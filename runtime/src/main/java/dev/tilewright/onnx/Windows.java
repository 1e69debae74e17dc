package dev.tilewright.onnx;

import dev.tilewright.conv.ConvShape.Padding;
import dev.tilewright.conv.ConvShape.Size;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Value;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The attributes that convolutions and pools share, as two numbers an attribute: a window over a
 * line [N, C, L] is one over an image of height 1.
 */
final class Windows {
  private Windows() {}

  /** Windows of three and more dimensions show in the attributes of most nodes. */
  static @Nullable String refusal(OnnxNode node) {
    for (String attribute : List.of("kernel_shape", "strides", "dilations")) {
      List<Long> values = node.integers(attribute);
      if (values != null && values.size() > 2) {
        return values.size() + "-D window";
      }
    }
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
      default -> throw n.unsupported("windows over " + x.type() + "; only 1-D and 2-D are");
    };
  }

  /** Channels last, where windows slide. */
  static Value channelsLast(NodeScope n, Value image) {
    return n.transpose(image, 0, 2, 3, 1);
  }

  /** Back to the layout of the file, and to the rank that the input had. */
  static Value channelsFirst(NodeScope n, Value channelsLast, int rank) {
    Value image = n.transpose(channelsLast, 0, 3, 1, 2);
    List<Integer> dims = image.shape().dims();
    return rank == 4 ? image : n.reshape(image, List.of(dims.get(0), dims.get(1), dims.get(3)));
  }

  /** An attribute with a number per spatial axis: 1 where absent. */
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
    List<Long> values = n.node().integers(attribute);
    if (values == null || values.isEmpty()) {
      return List.of(otherwise, otherwise);
    }
    int spatial = rank - 2;
    if (values.size() != spatial) {
      throw n.node().bad(attribute + " needs " + spatial + " numbers: " + values);
    }
    List<Integer> both = new ArrayList<>(values.stream().map(v -> bounded(n, v, least)).toList());
    if (spatial == 1) {
      both.addFirst(otherwise);
    }
    return both;
  }

  /** The attribute pads [begins..., ends...]; zeros where absent. */
  static Padding pads(NodeScope n, int rank) {
    int spatial = rank - 2;
    List<Long> values = n.node().integers("pads");
    if (values == null || values.isEmpty()) {
      values = Collections.nCopies(2 * spatial, 0L);
    }
    if (values.size() != 2 * spatial) {
      throw n.node().bad("pads needs " + 2 * spatial + " numbers: " + values);
    }
    List<Integer> p = values.stream().map(v -> bounded(n, v, 0)).toList();
    return spatial == 1
        ? new Padding(0, p.get(0), 0, p.get(1))
        : new Padding(p.get(0), p.get(1), p.get(2), p.get(3));
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
    Size stride = size(n, "strides", rank);
    Size dilation = size(n, "dilations", rank);
    String mode = n.node().text("auto_pad", "NOTSET");
    if (mode.equals("NOTSET")) {
      return new Op.Window(kernel, stride, dilation, pads(n, rank));
    }
    if (mode.equals("VALID")) {
      return new Op.Window(kernel, stride, dilation, new Padding(0, 0, 0, 0));
    }
    boolean lower = mode.equals("SAME_LOWER");
    int vertical = same(in.height(), stride.height(), span(kernel.height(), dilation.height()));
    int horizontal = same(in.width(), stride.width(), span(kernel.width(), dilation.width()));
    int top = lower ? vertical - vertical / 2 : vertical / 2;
    int left = lower ? horizontal - horizontal / 2 : horizontal / 2;
    Padding pad = new Padding(top, left, vertical - top, horizontal - left);
    return new Op.Window(kernel, stride, dilation, pad);
  }

  /** Padding so that out = ceil(in / stride). */
  private static int same(int in, int stride, int span) {
    long out = Math.ceilDiv(in, stride);
    return Math.toIntExact(Math.max(0, (out - 1) * stride + span - in));
  }
}
