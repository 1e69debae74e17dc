package dev.tilewright.onnx;

import static dev.tilewright.onnx.ImportQuantizedProducts.one;

import dev.tilewright.conv.Activation;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.BinaryFunction;
import dev.tilewright.graph.Op.PoolKind;
import dev.tilewright.graph.Op.ReduceKind;
import dev.tilewright.graph.Value;
import dev.tilewright.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/**
 * Quantised operators of com.microsoft that are no products: the operator of real numbers between
 * dequantisation and quantisation. A tensor takes three inputs: values, scale, zero point.
 */
final class ImportQuantizedMath {
  private ImportQuantizedMath() {}

  static Value binary(NodeScope n, BinaryFunction function) {
    return quantized(n, n.binary(function, real(n, 0), real(n, 3)), 6, type(n, 0));
  }

  static Value sigmoid(NodeScope n) {
    return of(n, x -> n.add(new Op.Activate(new Activation.Sigmoid()), x));
  }

  static Value leakyRelu(NodeScope n) {
    Activation leaky = new Activation.LeakyRelu(n.node().number("alpha", 0.01f));
    return of(n, x -> n.add(new Op.Activate(leaky), x));
  }

  /** The attribute opset says which definition of the axis holds. */
  static Value softmax(NodeScope n) {
    long opset = n.node().integer("opset", 13);
    return of(n, x -> ImportActivations.softmax(n, x, opset < 13));
  }

  static Value averagePool(NodeScope n) {
    return of(
        n,
        x -> {
          if (!isChannelsLast(n)) {
            return ImportPools.pool(n, x, PoolKind.AVERAGE);
          }
          if (x.shape().rank() != 4) {
            throw n.unsupported("channels_last of " + x.type());
          }
          Value y = ImportPools.pool(n, n.transpose(x, 0, 3, 1, 2), PoolKind.AVERAGE);
          return n.transpose(y, 0, 2, 3, 1);
        });
  }

  /** The sum of a plane is exact in int32; its mean and the new scale are one factor. */
  static Value globalAveragePool(NodeScope n) {
    Value x = n.in(0);
    int rank = x.shape().rank();
    int first = isChannelsLast(n) ? 1 : 2;
    List<Integer> axes = IntStream.range(first, first + rank - 2).boxed().toList();
    long count = axes.stream().mapToLong(x.shape()::dim).reduce(1, Math::multiplyExact);
    Value values = n.cast(x, DType.INT32);
    Value zero = n.maybe(2);
    if (zero != null) {
      values = n.binary(BinaryFunction.SUB, values, one(n, n.cast(zero, DType.INT32)));
    }
    Value sums = n.add(new Op.Reduce(ReduceKind.SUM, axes, true), values);
    Value scale = n.floats(3);
    Value all = n.binary(BinaryFunction.MUL, one(n, scale), n.scalarLike(scale, (double) count));
    return ImportQuantizedProducts.requantize(
        n, sums, one(n, n.floats(1)), all, zero(n, 4, type(n, 0)));
  }

  /** Scale and zero point of the result, then three inputs for each tensor. */
  static Value concat(NodeScope n) {
    int count = n.node().inputs().size();
    if (count < 5 || count % 3 != 2) {
      throw n.node().bad("has " + count + " inputs");
    }
    List<Value> parts = new ArrayList<>();
    for (int i = 2; i < count; i += 3) {
      parts.add(quantized(n, real(n, i), 0, type(n, 2)));
    }
    int axis = n.axis(n.node().integer("axis", 0), n.shape(2).rank());
    return n.add(new Op.Concat(axis), parts.toArray(Value[]::new));
  }

  /** One tensor, scale and zero point of the result at inputs 3 and 4. */
  private static Value of(NodeScope n, UnaryOperator<Value> function) {
    return quantized(n, function.apply(real(n, 0)), 3, type(n, 0));
  }

  private static boolean isChannelsLast(NodeScope n) {
    return n.node().integer("channels_last", 0) != 0;
  }

  private static DType type(NodeScope n, int input) {
    return n.in(input).type().dtype();
  }

  /** The tensor at an input as real numbers. */
  private static Value real(NodeScope n, int input) {
    Value zero = zero(n, input + 2, type(n, input));
    return n.add(new Op.Dequantize(), n.in(input), one(n, n.floats(input + 1)), zero);
  }

  private static Value quantized(NodeScope n, Value x, int scale, DType type) {
    return n.add(new Op.Quantize(type), x, one(n, n.floats(scale)), zero(n, scale + 1, type));
  }

  private static Value zero(NodeScope n, int input, DType type) {
    Value given = n.maybe(input);
    return given == null ? ImportQuantization.zero(n, type) : one(n, given);
  }
}
