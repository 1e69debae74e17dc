package dev.tilewright.onnx;

import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.CoordinateTransform;
import dev.tilewright.graph.Op.Interpolation;
import dev.tilewright.graph.Op.NearestMode;
import dev.tilewright.graph.Value;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Resize, and Upsample before it. */
final class ImportResize {
  private ImportResize() {}

  static @Nullable String refusal(OnnxNode node) {
    String mode = node.text("mode", "nearest");
    if (!List.of("nearest", "linear", "bilinear", "cubic").contains(mode)) {
      return "mode " + mode;
    }
    String transform = node.text("coordinate_transformation_mode", "half_pixel");
    if (transform.equals("tf_crop_and_resize") || transform.equals("tf_half_pixel_for_nn")) {
      return "coordinate_transformation_mode " + transform;
    }
    if (node.integer("antialias", 0) != 0) {
      return "antialias";
    }
    // Where a linear kernel loses a sample outside, the one left is the edge: clamping is the same.
    if (node.integer("exclude_outside", 0) != 0 && mode.equals("cubic")) {
      return "exclude_outside";
    }
    String policy = node.text("keep_aspect_ratio_policy", "stretch");
    return policy.equals("stretch") ? null : "keep_aspect_ratio_policy " + policy;
  }

  /** Upsample and the first Resize: scales only, asymmetric, nearest is the one before. */
  static Value scaled(NodeScope n) {
    int rank = n.shape(0).rank();
    List<Float> attribute = n.node().numbers("scales");
    List<Double> scales =
        attribute != null
            ? attribute.stream().map(Float::doubleValue).toList()
            : numbers(n, n.constant(1));
    checkCount(n, scales.size(), rank);
    return resize(
        n, CoordinateTransform.ASYMMETRIC, NearestMode.FLOOR, scales, scaledDims(n, scales));
  }

  /** Inputs: x, roi (for cropping only), scales or sizes, of the axes or of all. */
  static Value resize(NodeScope n) {
    int rank = n.shape(0).rank();
    List<Long> stated = n.node().integers("axes");
    List<Integer> axes =
        stated == null ? IntStream.range(0, rank).boxed().toList() : n.axes(stated, rank);
    List<Double> scales = new ArrayList<>(Collections.nCopies(rank, 1.0));
    List<Integer> dims = new ArrayList<>(n.shape(0).dims());
    Tensor given = n.maybeConstant(2);
    if (given != null && given.shape().elements() > 0) {
      List<Double> values = numbers(n, given);
      checkCount(n, values.size(), axes.size());
      IntStream.range(0, axes.size()).forEach(i -> scales.set(axes.get(i), values.get(i)));
      dims = scaledDims(n, scales);
    } else if (n.maybe(3) != null) {
      List<Long> sizes = n.integers(3);
      checkCount(n, sizes.size(), axes.size());
      for (int i = 0; i < axes.size(); i++) {
        int axis = axes.get(i);
        dims.set(axis, Math.toIntExact(sizes.get(i)));
        scales.set(axis, (double) dims.get(axis) / n.shape(0).dim(axis));
      }
    } else {
      throw n.node().bad("neither scales nor sizes are given");
    }
    return resize(n, transform(n, scales, dims), nearest(n), scales, dims);
  }

  private static Value resize(
      NodeScope n,
      CoordinateTransform transform,
      NearestMode nearest,
      List<Double> scales,
      List<Integer> dims) {
    Value x = n.floats(0);
    if (x.shape().elements() == 0 || dims.contains(0)) {
      throw n.node().bad(x.type() + " to " + dims + " is empty");
    }
    if (x.shape().dims().equals(dims) && scales.stream().allMatch(s -> s == 1)) {
      return x;
    }
    Interpolation interpolation =
        switch (n.node().text("mode", "nearest")) {
          case "nearest" -> Interpolation.NEAREST;
          case "cubic" -> Interpolation.CUBIC;
          default -> Interpolation.LINEAR;
        };
    double a = n.node().number("cubic_coeff_a", -0.75f);
    return n.add(new Op.Resize(interpolation, transform, nearest, a, scales, new Shape(dims)), x);
  }

  private static CoordinateTransform transform(
      NodeScope n, List<Double> scales, List<Integer> dims) {
    String name = n.node().text("coordinate_transformation_mode", "half_pixel");
    return switch (name) {
      case "half_pixel" -> CoordinateTransform.HALF_PIXEL;
      case "pytorch_half_pixel" -> CoordinateTransform.PYTORCH_HALF_PIXEL;
      case "align_corners" -> CoordinateTransform.ALIGN_CORNERS;
      case "asymmetric" -> CoordinateTransform.ASYMMETRIC;
      case "half_pixel_symmetric" -> {
        // Differs from half_pixel only where the size was rounded.
        for (int i = 0; i < dims.size(); i++) {
          if (scales.get(i) * n.shape(0).dim(i) != dims.get(i)) {
            throw n.unsupported("half_pixel_symmetric with a size that is not whole");
          }
        }
        yield CoordinateTransform.HALF_PIXEL;
      }
      default -> throw n.node().bad("coordinate_transformation_mode " + name);
    };
  }

  private static NearestMode nearest(NodeScope n) {
    String name = n.node().text("nearest_mode", "round_prefer_floor");
    return switch (name) {
      case "round_prefer_floor" -> NearestMode.ROUND_PREFER_FLOOR;
      case "round_prefer_ceil" -> NearestMode.ROUND_PREFER_CEIL;
      case "floor" -> NearestMode.FLOOR;
      case "ceil" -> NearestMode.CEIL;
      default -> throw n.node().bad("nearest_mode " + name);
    };
  }

  /** floor(in * scale). */
  private static List<Integer> scaledDims(NodeScope n, List<Double> scales) {
    List<Integer> dims = new ArrayList<>();
    for (int i = 0; i < scales.size(); i++) {
      double size = Math.floor(n.shape(0).dim(i) * scales.get(i));
      // Also false for NaN.
      if (!(scales.get(i) > 0 && size <= Integer.MAX_VALUE)) {
        throw n.node().bad("scale " + scales.get(i) + " of " + n.shape(0));
      }
      dims.add((int) size);
    }
    return dims;
  }

  private static List<Double> numbers(NodeScope n, Tensor tensor) {
    if (tensor.dtype() != DType.FLOAT32) {
      throw n.node().bad("scales must be floats, are " + tensor.type());
    }
    List<Double> values = new ArrayList<>();
    for (float value : tensor.toFloats()) {
      values.add((double) value);
    }
    return values;
  }

  private static void checkCount(NodeScope n, int count, int expected) {
    if (count != expected) {
      throw n.node().bad(count + " scales or sizes for " + expected + " axes");
    }
  }
}
