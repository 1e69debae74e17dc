package dev.tilewright.onnx;

import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.BinaryFunction;
import dev.tilewright.graph.Op.CoordinateTransform;
import dev.tilewright.graph.Op.Interpolation;
import dev.tilewright.graph.Op.NearestMode;
import dev.tilewright.graph.Value;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Resizing in ways for which {@link Op.Resize} has no taps: antialiased, cropped, without what lies
 * outside, of wide integers. One axis after the other is multiplied by a constant matrix, or for
 * NEAREST gathered at constant positions.
 */
final class ImportResampling {
  private final NodeScope n;
  private final Interpolation interpolation;
  private final NearestMode nearest;
  private final List<Double> scales;

  /**
   * @param scales output over input for each axis
   */
  ImportResampling(
      NodeScope n, Interpolation interpolation, NearestMode nearest, List<Double> scales) {
    this.n = n;
    this.interpolation = interpolation;
    this.nearest = nearest;
    this.scales = scales;
  }

  Value resize(CoordinateTransform transform, List<Integer> dims) {
    Value x = n.in(0);
    for (int axis = 0; axis < dims.size(); axis++) {
      int in = x.shape().dim(axis);
      int out = dims.get(axis);
      double scale = scales.get(axis);
      if (in != out || scale != 1) {
        x = along(x, axis, out, i -> transform.source(i, in, out, scale));
      }
    }
    return n.cast(x, n.in(0).type().dtype());
  }

  /** Of a region [starts..., ends...] in shares of the axes; what lies outside is one value. */
  Value crop(List<Integer> axes, List<Integer> dims) {
    Tensor region = n.constant(1);
    if (region.dtype() != DType.FLOAT32 || region.shape().elements() != 2L * axes.size()) {
      throw n.node().bad("roi " + region.type() + " for " + axes.size() + " axes");
    }
    float[] bounds = region.toFloats();
    Value x = n.in(0);
    Value inside = null;
    for (int i = 0; i < axes.size(); i++) {
      int axis = axes.get(i);
      int out = dims.get(axis);
      double last = x.shape().dim(axis) - 1.0;
      double start = bounds[i] * last;
      double end = bounds[axes.size() + i] * last;
      IntToDoubleFunction source =
          o -> out > 1 ? start + o * (end - start) / (out - 1) : (start + end) / 2;
      inside = both(inside, flags(axis, dims, o -> source.applyAsDouble(o), last));
      x = along(x, axis, out, source);
    }
    Value value = n.scalarLike(x, n.node().number("extrapolation_value", 0));
    Value cropped = inside == null ? x : n.add(new Op.Where(), inside, x, value);
    return n.cast(cropped, n.in(0).type().dtype());
  }

  private Value both(@Nullable Value a, Value b) {
    return a == null ? b : n.binary(BinaryFunction.AND, a, b);
  }

  /** Whether the coordinates of an axis are in [0, last], to broadcast along the others. */
  private Value flags(int axis, List<Integer> dims, IntToDoubleFunction source, double last) {
    long[] flags =
        IntStream.range(0, dims.get(axis))
            .mapToLong(i -> source.applyAsDouble(i) >= 0 && source.applyAsDouble(i) <= last ? 1 : 0)
            .toArray();
    List<Integer> shape = new ArrayList<>(Collections.nCopies(dims.size(), 1));
    shape.set(axis, dims.get(axis));
    return n.cast(n.constant(Tensor.of(new Shape(shape), flags)), DType.BOOL);
  }

  private Value along(Value x, int axis, int out, IntToDoubleFunction source) {
    Shape shape = x.shape();
    int in = shape.dim(axis);
    if (interpolation == Interpolation.NEAREST) {
      long[] positions =
          IntStream.range(0, out)
              .mapToLong(
                  i -> (long) Math.clamp(nearest.nearest(source.applyAsDouble(i)), 0, in - 1.0))
              .toArray();
      return n.add(new Op.Gather(axis), x, n.constant(Tensor.of(Shape.of(out), positions)));
    }
    TensorType type = n.folded(TensorType.floats(Shape.of(out, in)));
    float[] matrix = new float[Math.toIntExact(type.shape().elements())];
    for (int i = 0; i < out; i++) {
      row(source.applyAsDouble(i), in, scales.get(axis), matrix, i * in);
    }
    Value weights = n.constant(Tensor.of(type.shape(), matrix));
    Value floats = n.cast(x, DType.FLOAT32);
    List<Integer> dims = new ArrayList<>(shape.dims());
    dims.set(axis, out);
    int before = Math.toIntExact(shape.product(0, axis));
    int after = Math.toIntExact(shape.product(axis + 1, shape.rank()));
    Value product =
        after == 1
            ? n.add(
                new Op.MatMul(), n.reshape(floats, List.of(before, in)), n.transpose(weights, 1, 0))
            : n.add(new Op.MatMul(), weights, n.reshape(floats, List.of(before, in, after)));
    return n.reshape(product, dims);
  }

  /**
   * What each sample weighs in the one at a coordinate: the kernel, widened if that is to smooth.
   */
  private void row(double coordinate, int in, double scale, float[] matrix, int first) {
    boolean antialias = n.node().integer("antialias", 0) != 0;
    boolean excludes = n.node().integer("exclude_outside", 0) != 0;
    double narrow = antialias ? Math.min(scale, 1) : 1;
    double radius = (interpolation == Interpolation.LINEAR ? 1 : 2) / narrow;
    double at = Math.clamp(coordinate, -radius - 1, in + radius); // beyond, nothing changes
    double[] weights = new double[in];
    double sum = 0;
    for (double k = Math.ceil(at - radius); k <= Math.floor(at + radius); k++) {
      int place = (int) Math.clamp(k, 0, in - 1.0);
      if (place == k || !excludes) { // outside the tensor its edge goes on
        double weight = kernel(Math.abs(k - at) * narrow);
        weights[place] += weight;
        sum += weight;
      }
    }
    for (int i = 0; i < in; i++) {
      matrix[first + i] = (float) (sum == 0 ? 0 : weights[i] / sum);
    }
  }

  /** A triangle, or cubic convolution (Keys 1981, eq. 4). */
  private double kernel(double d) {
    if (interpolation == Interpolation.LINEAR) {
      return Math.max(0, 1 - d);
    }
    double a = n.node().number("cubic_coeff_a", -0.75f);
    if (d >= 2) {
      return 0;
    }
    return d <= 1 ? ((a + 2) * d - (a + 3)) * d * d + 1 : ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
  }
}
