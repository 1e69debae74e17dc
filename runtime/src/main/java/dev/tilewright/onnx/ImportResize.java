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
import java.util.OptionalDouble;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Resize, and Upsample before it. */
final class ImportResize {
  private ImportResize() {}

  static @Nullable String refusal(OnnxNode node) {
    String mode = node.text("mode", "nearest");
    return List.of("nearest", "linear", "bilinear", "cubic").contains(mode) ? null : "mode " + mode;
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
      stretch(n, axes, n.integers(3), scales, dims);
    } else {
      throw n.node().bad("neither scales nor sizes are given");
    }
    if (transformName(n).equals("tf_crop_and_resize")) {
      return new ImportResampling(n, interpolation(n), nearest(n), scales).crop(axes, dims);
    }
    return resize(n, transform(n), nearest(n), scales, dims);
  }

  /** To the sizes stated, or to the nearest ones that keep the ratio of the axes. */
  private static void stretch(
      NodeScope n, List<Integer> axes, List<Long> sizes, List<Double> scales, List<Integer> dims) {
    checkCount(n, sizes.size(), axes.size());
    double[] ratios = new double[axes.size()];
    for (int i = 0; i < ratios.length; i++) {
      int dim = dims.get(axes.get(i));
      ratios[i] = dim == sizes.get(i) ? 1 : (double) sizes.get(i) / dim;
    }
    DoubleStream all = DoubleStream.of(ratios);
    String policy = n.node().text("keep_aspect_ratio_policy", "stretch");
    OptionalDouble common =
        switch (policy) {
          case "stretch" -> OptionalDouble.empty();
          case "not_larger" -> all.min();
          case "not_smaller" -> all.max();
          default -> throw n.node().bad("keep_aspect_ratio_policy " + policy);
        };
    for (int i = 0; i < ratios.length; i++) {
      int axis = axes.get(i);
      scales.set(axis, common.orElse(ratios[i]));
      boolean exact = common.isEmpty();
      long size = exact ? sizes.get(i) : Math.round(scales.get(axis) * dims.get(axis));
      dims.set(axis, Math.toIntExact(size));
    }
  }

  private static Value resize(
      NodeScope n,
      CoordinateTransform transform,
      NearestMode nearest,
      List<Double> scales,
      List<Integer> dims) {
    Shape from = n.shape(0);
    for (int i = 0; i < from.rank(); i++) {
      if (from.dim(i) == 0 && dims.get(i) != 0) {
        throw n.node().bad(n.in(0).type() + " to " + dims + ": an empty axis has no samples");
      }
    }
    if (from.dims().equals(dims) && scales.stream().allMatch(s -> s == 1)) {
      return n.in(0);
    }
    Interpolation interpolation = interpolation(n);
    boolean antialias = n.node().integer("antialias", 0) != 0;
    // Where a linear kernel loses a sample outside, the one left is the edge: clamping is the same.
    boolean excludes =
        n.node().integer("exclude_outside", 0) != 0 && interpolation == Interpolation.CUBIC;
    DType dtype = n.in(0).type().dtype();
    boolean wide = dtype != DType.FLOAT32 && dtype.bytes() >= 4; // floats would round them
    if (interpolation == Interpolation.NEAREST ? wide : antialias || excludes) {
      return new ImportResampling(n, interpolation, nearest, scales).resize(transform, dims);
    }
    double a = n.node().number("cubic_coeff_a", -0.75f);
    Value x = n.cast(n.in(0), DType.FLOAT32);
    // Kernels are for channels last; a model that has them there already resizes other axes.
    boolean image =
        from.rank() == 4 && scales.get(0) == 1 && scales.get(1) == 1 && scales.get(3) != 1;
    List<Double> by = image ? Windows.channelsLast(scales) : scales;
    Shape to = new Shape(image ? Windows.channelsLast(dims) : dims);
    Op op = new Op.Resize(interpolation, transform, nearest, a, by, to);
    Value y =
        image
            ? Windows.channelsFirst(n, n.add(op, Windows.channelsLast(n, x)), from.rank())
            : n.add(op, x);
    return n.cast(y, dtype);
  }

  private static Interpolation interpolation(NodeScope n) {
    return switch (n.node().text("mode", "nearest")) {
      case "nearest" -> Interpolation.NEAREST;
      case "cubic" -> Interpolation.CUBIC;
      default -> Interpolation.LINEAR;
    };
  }

  private static String transformName(NodeScope n) {
    return n.node().text("coordinate_transformation_mode", "half_pixel");
  }

  private static CoordinateTransform transform(NodeScope n) {
    return switch (transformName(n)) {
      case "half_pixel" -> CoordinateTransform.HALF_PIXEL;
      case "half_pixel_symmetric" -> CoordinateTransform.HALF_PIXEL_SYMMETRIC;
      case "pytorch_half_pixel" -> CoordinateTransform.PYTORCH_HALF_PIXEL;
      case "tf_half_pixel_for_nn" -> CoordinateTransform.TF_HALF_PIXEL_FOR_NN;
      case "align_corners" -> CoordinateTransform.ALIGN_CORNERS;
      case "asymmetric" -> CoordinateTransform.ASYMMETRIC;
      case String name -> throw n.node().bad("coordinate_transformation_mode " + name);
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
