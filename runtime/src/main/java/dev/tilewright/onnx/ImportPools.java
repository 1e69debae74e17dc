package dev.tilewright.onnx;

import dev.tilewright.conv.Activation;
import dev.tilewright.conv.ConvShape.Padding;
import dev.tilewright.conv.ConvShape.Size;
import dev.tilewright.conv.Epilogue;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.ReduceKind;
import dev.tilewright.graph.Value;
import dev.tilewright.onnx.Windows.Axis;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/** Maxima, averages and norms, over windows and over whole images. */
final class ImportPools {
  private ImportPools() {}

  /** A window and how often it fits. */
  private record Sliding(Value image, Op.Window window, Size out) {}

  static Value average(NodeScope n) {
    return pool(n, n.floats(0), Op.PoolKind.AVERAGE);
  }

  static Value pool(NodeScope n, Value x, Op.PoolKind kind) {
    int rank = x.shape().rank();
    if (rank > 4) {
      return ImportVolumes.pool(n, x, kind);
    }
    Sliding s = sliding(n, x);
    Op pool = new Op.Pool(kind, s.window, s.out, countsPad(n));
    return Windows.channelsFirst(n, n.add(pool, Windows.channelsLast(n, s.image)), rank);
  }

  /** Windows of two axes over [N, H, W, C]. */
  static Value over(NodeScope n, Value image, Op.PoolKind kind, Axis vertical, Axis horizontal) {
    Op.Window window = Windows.window(vertical, horizontal);
    return n.add(new Op.Pool(kind, window, out(n, vertical, horizontal), countsPad(n)), image);
  }

  private static boolean countsPad(NodeScope n) {
    return n.node().integer("count_include_pad", 0) != 0;
  }

  /** Maxima and their places. Floats hold 8-bit values exactly, and a maximum is one of them. */
  static List<Value> max(NodeScope n) {
    DType type = n.in(0).type().dtype();
    boolean bytes = type == DType.UINT8 || type == DType.INT8;
    Value x = bytes ? n.cast(n.in(0), DType.FLOAT32) : n.floats(0);
    Value most = n.cast(pool(n, x, Op.PoolKind.MAX), type);
    if (n.node().outputs().size() < 2) {
      return List.of(most);
    }
    Sliding s = sliding(n, x);
    boolean columnMajor = n.node().integer("storage_order", 0) != 0;
    Op places = new Op.MaxPositions(s.window, s.out, columnMajor);
    Value found = n.add(places, Windows.channelsLast(n, s.image));
    return List.of(most, Windows.channelsFirst(n, found, x.shape().rank()));
  }

  /**
   * The inverse of a maximum: values go to the places that it gave, all else is 0. Places count in
   * the shape of the result: that which the window gives, or a stated one, where the window left
   * rows out.
   */
  static Value unpool(NodeScope n) {
    Value x = n.floats(0);
    int rank = x.shape().rank();
    List<Long> kernel = n.node().integers("kernel_shape");
    if (kernel == null || kernel.size() != rank - 2) {
      throw n.node().bad("kernel_shape is " + kernel + " for " + x.type());
    }
    List<Long> strides = numbers(n, "strides", rank - 2, 1);
    List<Long> pads = numbers(n, "pads", 2 * (rank - 2), 0);
    List<Integer> dims = new ArrayList<>(x.shape().dims().subList(0, 2));
    for (int i = 0; i < rank - 2; i++) {
      long cut = pads.get(i) + pads.get(i + rank - 2);
      dims.add(Math.toIntExact((x.shape().dim(i + 2) - 1L) * strides.get(i) + kernel.get(i) - cut));
    }
    Shape shape = n.maybe(2) == null ? new Shape(dims) : stated(n, dims);
    Shape flat = Shape.of(Math.toIntExact(shape.elements()));
    List<Integer> list = List.of(Math.toIntExact(x.shape().elements()));
    Value zeros = n.add(new Op.Expand(flat), n.scalarLike(x, 0));
    Op scatter = new Op.ScatterElements(0, Op.ScatterReduction.REPLACE);
    Value places = n.reshape(n.in(1), list);
    return n.reshape(n.add(scatter, zeros, places, n.reshape(x, list)), shape.dims());
  }

  private static Shape stated(NodeScope n, List<Integer> least) {
    List<Long> dims = n.integers(2);
    if (dims.size() != least.size()
        || IntStream.range(0, dims.size()).anyMatch(i -> dims.get(i) < least.get(i))) {
      throw n.node().bad("output_shape is " + dims + ", the window gives " + least);
    }
    return new Shape(dims.stream().map(Math::toIntExact).toList());
  }

  private static List<Long> numbers(NodeScope n, String attribute, int count, long otherwise) {
    List<Long> values = n.node().integers(attribute);
    if (values == null) {
      return Collections.nCopies(count, otherwise);
    }
    if (values.size() != count) {
      throw n.node().bad(attribute + " needs " + count + " numbers: " + values);
    }
    return values;
  }

  /** (sum of |x|^p)^(1/p) under each window: the sum is a depthwise convolution with ones. */
  static Value powers(NodeScope n) {
    int rank = n.shape(0).rank();
    Sliding s = sliding(n, n.floats(0));
    Op.Window w = s.window;
    int channels = s.image.shape().dim(1);
    Padding pad =
        new Padding(
            w.pad().top(),
            w.pad().left(),
            after(s, 2, w.pad().top(), s.out.height(), w.stride().height(), w.kernel().height()),
            after(s, 3, w.pad().left(), s.out.width(), w.stride().width(), w.kernel().width()));
    Op.Window exact = new Op.Window(w.kernel(), w.stride(), w.dilation(), pad);
    Op conv = new Op.Conv(exact, channels, new Epilogue(false, false, Activation.none()));
    Shape ones = Shape.of(channels, 1, w.kernel().height(), w.kernel().width());
    Value filter = n.add(new Op.Expand(ones), n.scalarLike(s.image, 1));
    Value pooled =
        ImportScaling.norm(
            n,
            Windows.channelsLast(n, s.image),
            n.node().integer("p", 2),
            x -> n.add(conv, x, filter));
    return Windows.channelsFirst(n, pooled, rank);
  }

  /** Padding at the end, so that exactly the windows wanted fit. */
  private static int after(Sliding s, int axis, int before, int out, int stride, int kernel) {
    int dilation = axis == 2 ? s.window.dilation().height() : s.window.dilation().width();
    int last = (out - 1) * stride + Windows.span(kernel, dilation);
    return Math.max(0, last - before - s.image.shape().dim(axis));
  }

  /** (sum of |x|^p)^(1/p) over each channel's image. */
  static Value globalPowers(NodeScope n) {
    Value x = n.floats(0);
    List<Integer> axes = IntStream.range(2, x.shape().rank()).boxed().toList();
    Op sum = new Op.Reduce(ReduceKind.SUM, axes, true);
    return ImportScaling.norm(n, x, n.node().integer("p", 2), v -> n.add(sum, v));
  }

  private static Sliding sliding(NodeScope n, Value tensor) {
    int rank = tensor.shape().rank();
    Value x = Windows.image(n, tensor);
    Axis vertical = rank == 3 ? Axis.NONE : axis(n, rank, 2, x.shape().dim(2));
    Axis horizontal = axis(n, rank, 1, x.shape().dim(3));
    Op.Window window = Windows.window(vertical, horizontal);
    return new Sliding(x, window, out(n, vertical, horizontal));
  }

  /** One axis of an input of this size, counted from the last. */
  static Axis axis(NodeScope n, int rank, int fromLast, int in) {
    if (!n.node().has("kernel_shape")) {
      throw n.node().bad("kernel_shape is missing");
    }
    int taps = Windows.number(n, "kernel_shape", rank, fromLast, 1, 1);
    Axis axis = Windows.axis(n, rank, fromLast, in, taps);
    if (Math.max(axis.before(), axis.after()) >= axis.span()) {
      throw n.node().bad("pads must be smaller than the window: one would lie outside the image");
    }
    return axis;
  }

  static Value global(NodeScope n, ReduceKind kind) {
    Value x = n.floats(0);
    List<Integer> axes = IntStream.range(2, x.shape().rank()).boxed().toList();
    return axes.isEmpty() ? x : n.add(new Op.Reduce(kind, axes, true), x);
  }

  private static Size out(NodeScope n, Axis vertical, Axis horizontal) {
    boolean ceil = n.node().integer("ceil_mode", 0) != 0;
    return new Size(vertical.out(n, ceil), horizontal.out(n, ceil));
  }
}
