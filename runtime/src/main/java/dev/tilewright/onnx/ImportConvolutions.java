package dev.tilewright.onnx;

import dev.tilewright.conv.Activation;
import dev.tilewright.conv.ConvShape.Padding;
import dev.tilewright.conv.ConvShape.Size;
import dev.tilewright.conv.Epilogue;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Value;
import dev.tilewright.tensor.Shape;
import java.util.List;

/** Conv and ConvTranspose. Inside they are channels last: a transpose before and one after. */
final class ImportConvolutions {
  private ImportConvolutions() {}

  static Value conv(NodeScope n) {
    int rank = n.shape(0).rank();
    Value x = Windows.image(n, n.floats(0));
    Value filter = filter(n, n.floats(1), rank);
    Size in = new Size(x.shape().dim(2), x.shape().dim(3));
    Op.Window window = Windows.over(n, in, kernel(n, filter, rank), rank);
    checkExtent(n, in, window.pad());
    int groups = groups(n);
    if (filter.shape().dim(0) == 0 || x.shape().dim(1) == 0) {
      throw n.node().bad("has no channels");
    }
    boolean bias = n.maybe(2) != null;
    Op conv = new Op.Conv(window, groups, new Epilogue(bias, false, Activation.none()));
    Value src = Windows.channelsLast(n, x);
    Value dst = bias ? n.add(conv, src, filter, n.floats(2)) : n.add(conv, src, filter);
    return Windows.channelsFirst(n, dst, rank);
  }

  static Value convTranspose(NodeScope n) {
    int rank = n.shape(0).rank();
    Value x = Windows.image(n, n.floats(0));
    Value filter = filter(n, n.floats(1), rank);
    Size in = new Size(x.shape().dim(2), x.shape().dim(3));
    Size kernel = kernel(n, filter, rank);
    Size stride = Windows.size(n, "strides", rank);
    Size dilation = Windows.size(n, "dilations", rank);
    List<Integer> extra = Windows.amounts(n, "output_padding", rank);
    List<Integer> wanted = Windows.amounts(n, "output_shape", rank);
    String mode = n.node().text("auto_pad", "NOTSET");
    Padding given = Windows.pads(n, rank);
    int[] heights = {in.height(), stride.height(), kernel.height(), dilation.height()};
    int[] widths = {in.width(), stride.width(), kernel.width(), dilation.width()};
    // A line has a height of 1, which no attribute speaks of.
    Side vertical =
        rank == 3
            ? new Side(0, 0, 0)
            : side(mode, heights, extra.get(0), wanted.get(0), given.top(), given.bottom());
    Side horizontal = side(mode, widths, extra.get(1), wanted.get(1), given.left(), given.right());
    Padding pad = new Padding(vertical.before, horizontal.before, vertical.after, horizontal.after);
    Op.Window window = new Op.Window(kernel, stride, dilation, pad);
    boolean bias = n.maybe(2) != null;
    Op conv =
        new Op.ConvTranspose(
            window, groups(n), new Padding(0, 0, vertical.extra, horizontal.extra), bias);
    Value src = Windows.channelsLast(n, x);
    Value dst = bias ? n.add(conv, src, filter, n.floats(2)) : n.add(conv, src, filter);
    return Windows.channelsFirst(n, dst, rank);
  }

  /** Rows cut off at both ends of a transposed convolution, and rows added at its end. */
  private record Side(int before, int after, int extra) {}

  /**
   * One axis of a transposed convolution; the formulas of the operator's specification.
   *
   * @param axis size of the input, stride, taps, dilation
   * @param wanted size of the output, or 0
   */
  private static Side side(String mode, int[] axis, int extra, int wanted, int before, int after) {
    long full = (axis[0] - 1L) * axis[1] + Windows.span(axis[2], axis[3]) + extra;
    boolean same = mode.startsWith("SAME");
    if (wanted == 0 && !same) {
      return mode.equals("VALID") ? new Side(0, 0, extra) : new Side(before, after, extra);
    }
    long out = wanted != 0 ? wanted : (long) axis[0] * axis[1];
    int cut = Math.toIntExact(Math.max(0, full - out));
    int more = Math.toIntExact(Math.max(0, out - full));
    int first = mode.equals("SAME_UPPER") ? cut / 2 : cut - cut / 2;
    return new Side(first, cut - first, Math.addExact(extra, more));
  }

  /** [K, C/G, FH, FW] (transposed: [C, K/G, FH, FW]); that of a line gets a height of 1. */
  static Value filter(NodeScope n, Value filter, int rank) {
    if (filter.shape().rank() != rank) {
      throw n.node().bad("filter " + filter.type() + " on an input of " + rank + " dimensions");
    }
    return Windows.image(n, filter);
  }

  static Size kernel(NodeScope n, Value filter, int rank) {
    Shape shape = filter.shape();
    if (shape.dim(2) > Limits.WINDOW || shape.dim(3) > Limits.WINDOW) {
      throw n.node().bad("filter of " + shape);
    }
    Size taps = new Size(shape.dim(2), shape.dim(3));
    if (n.node().has("kernel_shape") && !Windows.size(n, "kernel_shape", rank).equals(taps)) {
      throw n.node().bad("kernel_shape is not that of the filter, " + shape);
    }
    return taps;
  }

  static int groups(NodeScope n) {
    long groups = n.node().integer("group", 1);
    if (groups < 1 || groups > Integer.MAX_VALUE) {
      throw n.node().bad("group is " + groups);
    }
    return (int) groups;
  }

  /** Sums of an image's size and its padding must not overflow later. */
  static void checkExtent(NodeScope n, Size in, Padding pad) {
    if (Math.max(
            (long) in.height() + pad.top() + pad.bottom(),
            (long) in.width() + pad.left() + pad.right())
        > Integer.MAX_VALUE / 2) {
      throw n.node().bad("the padded input is too large");
    }
  }
}
