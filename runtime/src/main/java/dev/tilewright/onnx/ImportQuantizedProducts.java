package dev.tilewright.onnx;

import dev.tilewright.conv.ConvShape.Size;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.BinaryFunction;
import dev.tilewright.graph.Value;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Convolutions and matrix products of 8-bit values: exact sums in int32 of a left side that is
 * quantised as a whole or by rows and a right side, as a rule constant, that may be quantised by
 * output channels. The right side's zero point is subtracted from it once, when the model is
 * loaded.
 */
final class ImportQuantizedProducts {
  private ImportQuantizedProducts() {}

  static Value convInteger(NodeScope n) {
    int rank = n.shape(0).rank();
    return Windows.channelsFirst(n, conv(n, 0, 2, 1, 3, null), rank);
  }

  /** x, its scale and zero point; filter, scale, zero point; result's scale, zero point; bias. */
  static Value qLinearConv(NodeScope n) {
    Value sums = conv(n, 0, 2, 3, 5, n.maybe(8));
    Value factor = n.binary(BinaryFunction.MUL, one(n, n.floats(1)), vector(n, n.floats(4)));
    Value y = requantize(n, sums, factor, n.floats(6), n.in(7));
    return Windows.channelsFirst(n, y, n.shape(0).rank());
  }

  static Value matMulInteger(NodeScope n) {
    return ImportProducts.matMul(
        n, n.in(0), n.in(1), (a, b) -> product(n, a, n.maybe(2), transposed(n, b), n.maybe(3)));
  }

  /** a, its scale and zero point; b, scale, zero point; result's scale and zero point. */
  static Value qLinearMatMul(NodeScope n) {
    return ImportProducts.matMul(
        n,
        n.in(0),
        n.in(3),
        (a, b) -> {
          Value sums = product(n, a, n.in(2), transposed(n, b), n.in(5));
          Value factor =
              n.binary(BinaryFunction.MUL, column(n, n.floats(1)), vector(n, n.floats(4)));
          return requantize(n, sums, factor, n.floats(6), n.in(7));
        });
  }

  /**
   * As qLinearMatMul, of matrices that may be transposed; C in int32; float32 without y's scale.
   */
  static Value qGemm(NodeScope n) {
    Value a = n.in(0);
    Value b = n.in(3);
    a = n.node().integer("transA", 0) != 0 ? n.transpose(a, 1, 0) : a;
    b = n.node().integer("transB", 0) != 0 ? b : n.transpose(b, 1, 0);
    Value sums = product(n, a, n.maybe(2), b, n.maybe(5));
    Value addend = n.maybe(6);
    sums = addend == null ? sums : n.binary(BinaryFunction.ADD, sums, addend);
    Value alpha = n.scalarLike(n.floats(1), n.node().number("alpha", 1));
    Value factor = n.binary(BinaryFunction.MUL, alpha, one(n, n.floats(1)));
    factor = n.binary(BinaryFunction.MUL, factor, vector(n, n.floats(4)));
    if (n.maybe(7) == null) {
      return n.add(new Op.Dequantize(), sums, factor, ImportQuantization.zero(n, DType.INT32));
    }
    Value zero = n.maybe(8);
    DType type = a.type().dtype();
    zero = zero == null ? ImportQuantization.zero(n, type) : zero;
    return requantize(n, sums, factor, n.floats(7), zero);
  }

  /**
   * Sums of int32 as quantised values: times factor / scale, which is one number in float32, as in
   * other runtimes.
   */
  static Value requantize(NodeScope n, Value sums, Value factor, Value scale, Value zero) {
    Value ratio = n.binary(BinaryFunction.DIV, factor, one(n, scale));
    Value none = ImportQuantization.zero(n, DType.INT32);
    Value real = n.add(new Op.Dequantize(), sums, ratio, none);
    return n.add(new Op.Quantize(zero.type().dtype()), real, n.scalarLike(scale, 1), one(n, zero));
  }

  /** [N, OH, OW, K] in int32; the numbers say which inputs are meant. */
  private static Value conv(
      NodeScope n, int src, int srcZero, int filter, int filterZero, @Nullable Value bias) {
    int rank = n.shape(src).rank();
    Value x = Windows.image(n, n.in(src));
    Value taps = ImportConvolutions.filter(n, n.in(filter), rank);
    Size in = new Size(x.shape().dim(2), x.shape().dim(3));
    Op.Window window = Windows.over(n, in, ImportConvolutions.kernel(n, taps, rank), rank);
    int k = taps.shape().dim(0);
    Value filters =
        n.transpose(signed(n, taps, n.maybe(filterZero), List.of(-1, 1, 1, 1)), 0, 2, 3, 1);
    Op conv = new Op.IntegerConv(window, ImportConvolutions.groups(n), bias != null);
    Value pixels = Windows.channelsLast(n, x);
    Value zero = zeroOf(n, x, n.maybe(srcZero));
    return bias == null
        ? n.add(conv, pixels, zero, filters)
        : n.add(conv, pixels, zero, filters, n.reshape(bias, List.of(k)));
  }

  /**
   * The exact product.
   *
   * @param b [..., N, K]
   * @param bZero one, or one for each of N
   */
  private static Value product(
      NodeScope n, Value a, @Nullable Value aZero, Value b, @Nullable Value bZero) {
    Value rows = zeroOf(n, a, aZero == null ? null : column(n, aZero));
    Value columns = bZero;
    if (columns != null && columns.shape().rank() > 1) {
      columns = transposed(n, columns); // [..., 1, N]
    }
    return n.add(new Op.IntegerMatMul(), a, rows, signed(n, b, columns, List.of(-1, 1)));
  }

  /**
   * The right side in int32, less its zero point.
   *
   * @param each the shape of a zero point that has one dimension, -1 being that
   */
  private static Value signed(NodeScope n, Value x, @Nullable Value zero, List<Integer> each) {
    Value wide = n.cast(x, DType.INT32);
    if (zero == null) {
      return wide;
    }
    if (zero.type().dtype() != x.type().dtype()) {
      throw n.node().bad("zero point " + zero.type() + " of " + x.type());
    }
    Value less = n.cast(zero, DType.INT32);
    if (less.shape().elements() == 1) {
      less = one(n, less);
    } else if (less.shape().rank() == 1) {
      int size = less.shape().dim(0);
      less = n.reshape(less, each.stream().map(d -> d < 0 ? size : d).toList());
    }
    return n.binary(BinaryFunction.SUB, wide, less);
  }

  private static Value zeroOf(NodeScope n, Value x, @Nullable Value zero) {
    return zero == null ? ImportQuantization.zero(n, x.type().dtype()) : zero;
  }

  /** The same value as a scalar. */
  static Value one(NodeScope n, Value value) {
    return n.reshape(value, List.of());
  }

  /** One value as a scalar, so that it has no part in the shape of the result. */
  private static Value vector(NodeScope n, Value value) {
    return value.shape().elements() == 1 ? one(n, value) : value;
  }

  /** One value for each row, as a column. */
  private static Value column(NodeScope n, Value value) {
    Shape shape = value.shape();
    return shape.rank() == 1 && shape.elements() > 1
        ? n.reshape(value, List.of(shape.dim(0), 1))
        : vector(n, value);
  }

  /** The last two dimensions exchanged. */
  private static Value transposed(NodeScope n, Value x) {
    int rank = x.shape().rank();
    List<Integer> perm = new ArrayList<>(IntStream.range(0, rank).boxed().toList());
    Collections.swap(perm, rank - 2, rank - 1);
    return n.add(new Op.Transpose(perm), x);
  }
}
