package dev.tilewright.onnx;

import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.BinaryFunction;
import dev.tilewright.graph.Op.ReduceKind;
import dev.tilewright.graph.Op.UnaryFunction;
import dev.tilewright.graph.Value;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** From real numbers to quantised ones and back. */
final class ImportQuantization {
  private ImportQuantization() {}

  static @Nullable String refusal(OnnxNode node) {
    long type = node.integer("output_dtype", 0);
    return type == 0 || ElementType.supported(type) != null
        ? null
        : "output_dtype " + ElementType.name(type);
  }

  static Value quantize(NodeScope n) {
    Value x = n.cast(n.in(0), DType.FLOAT32);
    long stated = n.node().integer("output_dtype", 0);
    Value given = n.maybe(2);
    DType type =
        given != null
            ? given.type().dtype()
            : stated != 0 ? ElementType.of(stated, "the result").dtype() : DType.UINT8;
    return n.add(
        new Op.Quantize(type), x, placed(n, x.shape(), n.floats(1)), zero(n, x.shape(), 2, type));
  }

  static Value dequantize(NodeScope n) {
    Value x = n.in(0);
    Value zero = zero(n, x.shape(), 2, x.type().dtype());
    return n.add(new Op.Dequantize(), x, placed(n, x.shape(), n.floats(1)), zero);
  }

  /**
   * y, its scale and its zero point, such that 0 and all of x are in the range of UINT8. If x is
   * all 0, the scale is 1, as other runtimes have it.
   */
  static List<Value> dynamic(NodeScope n) {
    Value x = n.floats(0);
    List<Integer> all = IntStream.range(0, x.shape().rank()).boxed().toList();
    Value nothing = n.scalarLike(x, 0);
    Value most = n.add(new Op.Reduce(ReduceKind.MAX, all, false), x);
    Value least = n.add(new Op.Reduce(ReduceKind.MIN, all, false), x);
    most = n.binary(BinaryFunction.MAX, most, nothing);
    least = n.binary(BinaryFunction.MIN, least, nothing);
    Value range = n.binary(BinaryFunction.SUB, most, least);
    Value step = n.binary(BinaryFunction.DIV, range, n.scalarLike(x, 255));
    Value empty = n.binary(BinaryFunction.EQUAL, range, nothing);
    Value scale = n.add(new Op.Where(), empty, n.scalarLike(x, 1), step);
    Op quantize = new Op.Quantize(DType.UINT8);
    Value none = zero(n, DType.UINT8);
    Value zero = n.add(quantize, n.unary(UnaryFunction.NEG, least), scale, none);
    return List.of(n.add(quantize, x, scale, zero), scale, zero);
  }

  /** The zero point at an input, or 0 if it is left out, for x of a shape. */
  private static Value zero(NodeScope n, Shape x, int input, DType type) {
    Value given = n.maybe(input);
    return given == null ? zero(n, type) : placed(n, x, given);
  }

  /** A scalar 0. */
  static Value zero(NodeScope n, DType type) {
    return n.cast(n.constant(Tensor.of(Shape.SCALAR, 0f)), type);
  }

  /**
   * Scales or zero points as something that broadcasts to x: one for all, one for each position
   * along an axis, or one for each block of positions along it.
   */
  private static Value placed(NodeScope n, Shape x, Value given) {
    if (given.shape().elements() == 1) {
      return n.reshape(given, List.of());
    }
    int axis = n.axis(n.node().integer("axis", 1), x.rank());
    long block = n.node().integer("block_size", 0);
    if (block == 0) {
      if (given.shape().rank() != 1 || given.shape().dim(0) != x.dim(axis)) {
        throw n.node().bad(given.type() + " for axis " + axis + " of " + x);
      }
      List<Integer> dims = new ArrayList<>(Collections.nCopies(x.rank() - axis, 1));
      dims.set(0, x.dim(axis));
      return n.reshape(given, dims);
    }
    List<Integer> dims = new ArrayList<>(x.dims());
    dims.set(axis, Math.toIntExact(Math.ceilDiv((long) x.dim(axis), block)));
    if (block < 0 || !given.shape().dims().equals(dims)) {
      throw n.node()
          .bad(given.type() + " for blocks of " + block + " in axis " + axis + " of " + x);
    }
    long[] blocks = new long[x.dim(axis)];
    for (int i = 0; i < blocks.length; i++) {
      blocks[i] = i / block;
    }
    Value indices = n.constant(Tensor.of(Shape.of(blocks.length), blocks));
    return n.add(new Op.Gather(axis), given, indices);
  }
}
