package dev.tilewright.onnx;

import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.Interpolation;
import dev.tilewright.graph.Op.Outside;
import dev.tilewright.graph.Value;
import dev.tilewright.tensor.DType;
import org.jspecify.annotations.Nullable;

/** Operators that read images at places which the model computes. */
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

  private static int size(NodeScope n, String attribute, int otherwise) {
    long size = n.node().integer(attribute, otherwise);
    if (size < otherwise || size > Limits.WINDOW) {
      throw n.node().bad(attribute + " is " + size);
    }
    return (int) size;
  }
}
