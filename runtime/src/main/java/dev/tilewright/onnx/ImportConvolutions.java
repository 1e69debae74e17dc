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
    if (rank > 4) {
      return ImportVolumes.conv(n);
    }
    Value x = Windows.image(n, n.floats(0));
    Value filter = filter(n, n.floats(1), rank);
    Size in = new Size(x.shape().dim(2), x.shape().dim(3));
    Op.Window window = Windows.over(n, in, kernel(n, filter, rank), rank);
    if (filter.shape().dim(0) == 0 || x.shape().dim(1) == 0) {
      throw n.node().bad("has no channels");
    }
    boolean bias = n.maybe(2) != null;
    Op conv = new Op.Conv(window, groups(n), new Epilogue(bias, false, Activation.none()));
    Value src = Windows.channelsLast(n, x);
    Value dst = bias ? n.add(conv, src, filter, n.floats(2)) : n.add(conv, src, filter);
    return Windows.channelsFirst(n, dst, rank);
  }

  static Value convTranspose(NodeScope n) {
    int rank = n.shape(0).rank();
    if (rank > 4) {
      return ImportVolumes.convTranspose(n);
    }
    Value x = Windows.image(n, n.floats(0));
    Value filter = filter(n, n.floats(1), rank);
    boolean bias = n.maybe(2) != null;
    Op conv = transposed(n, x.shape(), kernel(n, filter, rank), rank, bias);
    Value src = Windows.channelsLast(n, x);
    Value dst = bias ? n.add(conv, src, filter, n.floats(2)) : n.add(conv, src, filter);
    return Windows.channelsFirst(n, dst, rank);
  }

  /** Over the last two axes of the input. */
  static Op.ConvTranspose transposed(NodeScope n, Shape x, Size kernel, int rank, boolean bias) {
    Size stride = Windows.size(n, "strides", rank);
    Size dilation = Windows.size(n, "dilations", rank);
    Side vertical = rank == 3 ? new Side(0, 0, 0) : side(n, rank, 2, x.dim(-2), kernel.height());
    Side horizontal = side(n, rank, 1, x.dim(-1), kernel.width());
    Padding pad = new Padding(vertical.before, horizontal.before, vertical.after, horizontal.after);
    return new Op.ConvTranspose(
        new Op.Window(kernel, stride, dilation, pad),
        groups(n),
        new Padding(0, 0, vertical.extra, horizontal.extra),
        bias);
  }

  /** Rows cut off at both ends of a transposed convolution, and rows added at its end. */
  record Side(int before, int after, int extra) {}

  /** One axis of a transposed convolution; the formulas of the operator's specification. */
  static Side side(NodeScope n, int rank, int fromLast, int in, int taps) {
    int stride = Windows.number(n, "strides", rank, fromLast, 1, 1);
    int dilation = Windows.number(n, "dilations", rank, fromLast, 1, 1);
    int extra = Windows.number(n, "output_padding", rank, fromLast, 0, 0);
    int wanted = Windows.number(n, "output_shape", rank, fromLast, 0, 0);
    String mode = n.node().text("auto_pad", "NOTSET");
    if (wanted == 0 && !mode.startsWith("SAME")) {
      List<Integer> pads = mode.equals("VALID") ? List.of(0, 0) : Windows.pads(n, rank, fromLast);
      return new Side(pads.get(0), pads.get(1), extra);
    }
    long full = (in - 1L) * stride + Windows.span(taps, dilation) + extra;
    long out = wanted != 0 ? wanted : (long) in * stride;
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
    if (shape.dims().subList(2, shape.rank()).stream().anyMatch(d -> d > Limits.WINDOW)) {
      throw n.node().bad("filter of " + shape);
    }
    Size taps = new Size(shape.dim(-2), shape.dim(-1));
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
}
