package dev.tilewright.graph;

import static dev.tilewright.graph.ShapeInference.floats;
import static dev.tilewright.graph.ShapeInference.is;
import static dev.tilewright.graph.ShapeInference.require;

import dev.tilewright.conv.ConvShape.Size;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.TensorType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Output types of the operators on quantised values. */
final class QuantizedTypes {
  private QuantizedTypes() {}

  static TensorType quantize(DType to, List<TensorType> in) {
    require(isInteger(to) && to.bytes() <= 2, () -> "nothing is quantised to " + to);
    Shape x = floats(in.get(0)).shape();
    scaled(x, floats(in.get(1)), is(in.get(2), to));
    return new TensorType(to, x);
  }

  static TensorType dequantize(List<TensorType> in) {
    TensorType x = in.get(0);
    require(isInteger(x.dtype()), () -> "not quantised: " + x);
    scaled(x.shape(), floats(in.get(1)), is(in.get(2), x.dtype()));
    return TensorType.floats(x.shape());
  }

  static TensorType convolution(Op.IntegerConv conv, List<TensorType> in) {
    Shape src = ShapeInference.image(bytes(in.get(0)));
    require(
        is(in.get(1), in.get(0).dtype()).shape().elements() == 1,
        () -> "one zero point is needed, got " + in.get(1));
    Shape filter = is(in.get(2), DType.INT32).shape();
    require(filter.rank() == 4, () -> "filter must be [K, FH, FW, C/G], is " + filter);
    Size out = conv.window().convolution(src, conv.groups(), filter.dim(0)).out();
    Size kernel = conv.window().kernel();
    require(
        filter.dim(3) == src.dim(3) / conv.groups(),
        () -> "filter takes " + filter.dim(3) + " channels a group, src has " + src.dim(3));
    require(
        filter.dim(1) == kernel.height() && filter.dim(2) == kernel.width(),
        () -> "filter is " + filter + ", kernel_shape says " + kernel);
    if (conv.bias()) {
      Shape bias = is(in.get(3), DType.INT32).shape();
      require(bias.equals(Shape.of(filter.dim(0))), () -> "bias is " + bias);
    }
    return new TensorType(
        DType.INT32, Shape.of(src.dim(0), out.height(), out.width(), filter.dim(0)));
  }

  static TensorType matMul(List<TensorType> in) {
    Shape a = bytes(in.get(0)).shape();
    Shape b = is(in.get(2), DType.INT32).shape();
    require(a.rank() >= 2 && b.rank() >= 2, "needs at least two dimensions");
    List<Integer> rows = new ArrayList<>(a.dims());
    rows.set(a.rank() - 1, 1);
    broadcasts(is(in.get(1), in.get(0).dtype()), new Shape(rows));
    List<Integer> transposed = new ArrayList<>(b.dims());
    Collections.swap(transposed, b.rank() - 2, b.rank() - 1);
    return new TensorType(DType.INT32, ShapeInference.product(a, new Shape(transposed)));
  }

  private static boolean isInteger(DType type) {
    return type != DType.FLOAT32 && type != DType.BOOL;
  }

  private static TensorType bytes(TensorType x) {
    require(
        x.dtype() == DType.UINT8 || x.dtype() == DType.INT8, () -> "needs UINT8 or INT8, got " + x);
    return x;
  }

  private static void scaled(Shape x, TensorType scale, TensorType zero) {
    broadcasts(scale, x);
    broadcasts(zero, x);
  }

  private static void broadcasts(TensorType small, Shape to) {
    require(
        ShapeInference.broadcast(small.shape(), to).equals(to),
        () -> small + " does not broadcast to " + to);
  }
}
