package dev.tilewright.onnx;

import dev.tilewright.conv.ConvShape.Padding;
import dev.tilewright.conv.ConvShape.Size;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.Interpolation;
import dev.tilewright.graph.Op.Outside;
import dev.tilewright.graph.Value;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Operators that read images at places which the model computes, and what makes such places. */
final class ImportSampling {
  private ImportSampling() {}

  static @Nullable String gridRefusal(OnnxNode node) {
    String mode = node.text("mode", "linear");
    String outside = node.text("padding_mode", "zeros");
    return switch (mode) {
      case "nearest", "linear", "bilinear", "cubic", "bicubic" ->
          switch (outside) {
            case "zeros", "border", "reflection" -> null;
            default -> "padding_mode " + outside;
          };
      default -> "mode " + mode;
    };
  }

  static Value gridSample(NodeScope n) {
    Value x = n.floats(0);
    if (x.shape().rank() != 4) {
      throw n.unsupported("sampling of " + x.type() + "; only 2-D is");
    }
    Interpolation interpolation =
        switch (n.node().text("mode", "linear")) {
          case "nearest" -> Interpolation.NEAREST;
          case "cubic", "bicubic" -> Interpolation.CUBIC;
          default -> Interpolation.LINEAR;
        };
    Outside outside =
        switch (n.node().text("padding_mode", "zeros")) {
          case "border" -> Outside.BORDER;
          case "reflection" -> Outside.REFLECTION;
          default -> Outside.ZEROS;
        };
    boolean corners = n.node().integer("align_corners", 0) != 0;
    Op sample = new Op.GridSample(interpolation, outside, corners);
    Value sampled = n.add(sample, Windows.channelsLast(n, x), n.floats(1));
    return Windows.channelsFirst(n, sampled, 4);
  }

  static @Nullable String roiRefusal(OnnxNode node) {
    String mode = node.text("mode", "avg");
    String transform = node.text("coordinate_transformation_mode", "half_pixel");
    if (!transform.equals("half_pixel") && !transform.equals("output_half_pixel")) {
      return "coordinate_transformation_mode " + transform;
    }
    return mode.equals("avg") || mode.equals("max") ? null : "mode " + mode;
  }

  /** Pixels have their centres at halves since opset 16, if not stated otherwise. */
  static Value roiAlign(NodeScope n) {
    Value x = n.floats(0);
    if (x.shape().rank() != 4) {
      throw n.node().bad("needs an image, got " + x.type());
    }
    String transform =
        n.opset() < 16
            ? "output_half_pixel"
            : n.node().text("coordinate_transformation_mode", "half_pixel");
    Op align =
        new Op.RoiAlign(
            n.node().text("mode", "avg").equals("max"),
            size(n, "output_height", 1),
            size(n, "output_width", 1),
            size(n, "sampling_ratio", 0),
            n.node().number("spatial_scale", 1),
            transform.equals("half_pixel"));
    Value images = n.cast(n.in(2), DType.INT64);
    Value aligned = n.add(align, Windows.channelsLast(n, x), n.floats(1), images);
    return Windows.channelsFirst(n, aligned, 4);
  }

  /** Points of images of a size, each image's moved by a matrix of its own [d, d + 1]. */
  static Value affineGrid(NodeScope n) {
    Value theta = n.floats(0);
    List<Integer> size = n.integers(1).stream().map(Math::toIntExact).toList();
    int d = size.size() - 2;
    if (d < 1 || !theta.shape().equals(Shape.of(size.getFirst(), d, d + 1))) {
      throw n.node().bad(theta.type() + " for images of " + size);
    }
    boolean corners = n.node().integer("align_corners", 0) != 0;
    List<Integer> image = size.subList(2, size.size());
    TensorType type = n.folded(TensorType.floats(flat(image, d + 1)));
    float[] points = new float[Math.toIntExact(type.shape().elements())];
    for (int i = 0; i < points.length; i++) {
      int coordinate = i % (d + 1);
      int rest = i / (d + 1);
      for (int axis = d - 1; axis > d - 1 - coordinate; axis--) {
        rest /= image.get(axis);
      }
      points[i] = coordinate == d ? 1 : coordinate(rest, image.get(d - 1 - coordinate), corners);
    }
    Value base = n.constant(Tensor.of(type.shape(), points));
    Value moved = n.add(new Op.MatMul(), base, n.transpose(theta, 0, 2, 1));
    List<Integer> dims = new ArrayList<>(List.of(size.getFirst()));
    dims.addAll(image);
    dims.add(d);
    return n.reshape(moved, dims);
  }

  private static Shape flat(List<Integer> image, int columns) {
    return Shape.of(Math.toIntExact(new Shape(image).elements()), columns);
  }

  /** -1 and 1 are the centres of the outermost pixels, or their outer edges. */
  private static float coordinate(int i, int size, boolean corners) {
    int at = i % size;
    if (corners) {
      return size == 1 ? 0 : 2f * at / (size - 1) - 1;
    }
    return (2 * at + 1f) / size - 1;
  }

  /** Adds up the windows of an image that columns hold: a transposed convolution that moves. */
  static Value columnsToImage(NodeScope n) {
    Value x = n.floats(0);
    List<Long> image = n.integers(1);
    List<Long> block = n.integers(2);
    if (image.size() != 2 || block.size() != 2 || x.shape().rank() != 3) {
      throw n.unsupported("blocks " + block + " of images " + image + "; only 2-D is");
    }
    Size kernel = new Size(Math.toIntExact(block.get(0)), Math.toIntExact(block.get(1)));
    Size stride = Windows.size(n, "strides", 4);
    Size dilation = Windows.size(n, "dilations", 4);
    Padding pad = Windows.pads(n, 4);
    int taps = Math.multiplyExact(kernel.height(), kernel.width());
    int down = Windows.span(kernel.height(), dilation.height()) - pad.top() - pad.bottom();
    int across = Windows.span(kernel.width(), dilation.width()) - pad.left() - pad.right();
    int bottom = Math.floorMod(image.get(0) - down, stride.height());
    int right = Math.floorMod(image.get(1) - across, stride.width());
    int rows = Math.toIntExact((image.get(0) - down) / stride.height() + 1);
    int columns = Math.toIntExact((image.get(1) - across) / stride.width() + 1);
    int channels = x.shape().dim(1) / taps;
    if (channels * taps != x.shape().dim(1) || rows * (long) columns != x.shape().dim(2)) {
      throw n.node().bad(x.type() + " does not hold blocks " + block + " of images " + image);
    }
    Shape shape = Shape.of(channels * taps, 1, kernel.height(), kernel.width());
    TensorType type = n.folded(TensorType.floats(shape));
    float[] filter = new float[Math.toIntExact(type.shape().elements())];
    for (int i = 0; i < channels * taps; i++) {
      filter[i * taps + i % taps] = 1;
    }
    Op.Window window = new Op.Window(kernel, stride, dilation, pad);
    Padding extra = new Padding(0, 0, bottom, right);
    Value blocks = n.reshape(x, List.of(x.shape().dim(0), channels * taps, rows, columns));
    Value sum =
        n.add(
            new Op.ConvTranspose(window, channels, extra, false),
            Windows.channelsLast(n, blocks),
            n.constant(Tensor.of(shape, filter)));
    return Windows.channelsFirst(n, sum, 4);
  }

  private static int size(NodeScope n, String attribute, int otherwise) {
    long size = n.node().integer(attribute, otherwise);
    if (size < otherwise || size > Limits.WINDOW) {
      throw n.node().bad(attribute + " is " + size);
    }
    return (int) size;
  }
}
