package dev.tilewright.onnx;

import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.BinaryFunction;
import dev.tilewright.graph.Op.ReduceKind;
import dev.tilewright.graph.Op.UnaryFunction;
import dev.tilewright.graph.Value;
import dev.tilewright.tensor.Shape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/** Values divided by a measure of others: of groups of channels, of neighbours, of a whole axis. */
final class ImportScaling {
  private ImportScaling() {}

  /** Over the images of the channels of a group. Scale and shift are per group before opset 21. */
  static Value group(NodeScope n) {
    Value x = n.floats(0);
    Shape shape = x.shape();
    long groups = n.node().integer("num_groups", 0);
    if (shape.rank() < 3 || groups < 1 || shape.dim(1) % groups != 0) {
      throw n.node().bad(groups + " groups in " + x.type());
    }
    int g = (int) groups;
    int image = Math.toIntExact(shape.product(2, shape.rank()));
    Value grouped = n.reshape(x, List.of(shape.dim(0), g, shape.dim(1) / g, image));
    // One axis after the other: a mean of equally large means is that of all.
    UnaryOperator<Value> mean = v -> mean(n, mean(n, v, 3), 2);
    Value centred = n.binary(BinaryFunction.SUB, grouped, mean.apply(grouped));
    Value variance = mean.apply(n.binary(BinaryFunction.MUL, centred, centred));
    Value epsilon = n.scalarLike(x, n.node().number("epsilon", 1e-5f));
    Value deviation = n.unary(UnaryFunction.SQRT, n.binary(BinaryFunction.ADD, variance, epsilon));
    Value normal = n.binary(BinaryFunction.DIV, centred, deviation);
    if (n.opset() < 21) {
      return n.reshape(scaled(n, normal, List.of(g, 1, 1)), shape.dims());
    }
    List<Integer> channels = new ArrayList<>(List.of(shape.dim(1)));
    channels.addAll(Collections.nCopies(shape.rank() - 2, 1));
    return scaled(n, n.reshape(normal, shape.dims()), channels);
  }

  private static Value mean(NodeScope n, Value x, int axis) {
    return n.add(new Op.Reduce(ReduceKind.MEAN, List.of(axis), true), x);
  }

  private static Value scaled(NodeScope n, Value x, List<Integer> dims) {
    Value scaled = n.binary(BinaryFunction.MUL, x, n.reshape(n.floats(1), dims));
    return n.binary(BinaryFunction.ADD, scaled, n.reshape(n.floats(2), dims));
  }

  /** By the squares of neighbouring channels. */
  static Value neighbours(NodeScope n) {
    Value x = n.floats(0);
    int rank = x.shape().rank();
    long size = n.node().integer("size", 0);
    if (rank < 3 || size < 1 || size > Limits.WINDOW) {
      throw n.node().bad("size " + size + " over the channels of " + x.type());
    }
    Op norm =
        new Op.LocalNorm(
            (int) size,
            n.node().number("alpha", 1e-4f),
            n.node().number("beta", 0.75f),
            n.node().number("bias", 1));
    // Channels move to the end and back.
    List<Integer> there = new ArrayList<>(IntStream.range(2, rank).boxed().toList());
    there.addFirst(0);
    there.add(1);
    List<Integer> back = new ArrayList<>(IntStream.range(0, rank).boxed().toList());
    back.add(1, back.removeLast());
    Value last = n.add(new Op.Transpose(there), x);
    return n.add(new Op.Transpose(back), n.add(norm, last));
  }

  /** (x - mean) / (deviation + 1e-9): the function that the model format defines it by. */
  static Value meanVariance(NodeScope n) {
    Value x = n.floats(0);
    List<Long> stated = n.node().integers("axes");
    List<Integer> axes = n.axes(stated == null ? List.of(0L, 2L, 3L) : stated, x.shape().rank());
    Op mean = new Op.Reduce(ReduceKind.MEAN, axes.stream().sorted().toList(), true);
    Value centred = n.binary(BinaryFunction.SUB, x, n.add(mean, x));
    Value variance = n.add(mean, n.binary(BinaryFunction.MUL, centred, centred));
    Value deviation = n.unary(UnaryFunction.SQRT, variance);
    Value divisor = n.binary(BinaryFunction.ADD, deviation, n.scalarLike(x, 1e-9));
    return n.binary(BinaryFunction.DIV, centred, divisor);
  }

  /** By its length along an axis; of length 0 it stays 0. */
  static Value length(NodeScope n) {
    Value x = n.floats(0);
    int axis = n.axis(n.node().integer("axis", -1), x.shape().rank());
    Op sum = new Op.Reduce(ReduceKind.SUM, List.of(axis), true);
    Value length = norm(n, x, n.node().integer("p", 2), v -> n.add(sum, v));
    Value none = n.binary(BinaryFunction.EQUAL, length, n.scalarLike(x, 0));
    Value divisor = n.add(new Op.Where(), none, n.scalarLike(x, 1), length);
    return n.binary(BinaryFunction.DIV, x, divisor);
  }

  /** (sum of |x|^p)^(1/p). */
  static Value norm(NodeScope n, Value x, long p, UnaryOperator<Value> sum) {
    if (p < 1) {
      throw n.node().bad("p is " + p);
    }
    Value magnitude = n.unary(UnaryFunction.ABS, x);
    if (p == 1) {
      return sum.apply(magnitude);
    }
    if (p == 2) {
      return n.unary(UnaryFunction.SQRT, sum.apply(n.binary(BinaryFunction.MUL, x, x)));
    }
    Value powers = n.binary(BinaryFunction.POW, magnitude, n.scalarLike(x, (double) p));
    return n.binary(BinaryFunction.POW, sum.apply(powers), n.scalarLike(x, 1 / (double) p));
  }
}
