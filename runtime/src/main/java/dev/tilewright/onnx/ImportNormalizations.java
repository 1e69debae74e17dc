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
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Normalizations, decomposed into arithmetic. */
final class ImportNormalizations {
  private ImportNormalizations() {}

  static @Nullable String batchRefusal(OnnxNode node) {
    if (node.integer("training_mode", 0) != 0) {
      return "training";
    }
    return node.integer("spatial", 1) == 0 ? "not per channel" : null;
  }

  /** x * m + a per channel, where m = scale / sqrt(var + eps) and a = shift - mean * m. */
  static Value batch(NodeScope n) {
    Value x = n.floats(0);
    int rank = x.shape().rank();
    if (rank < 2) {
      throw n.node().bad("needs channels, got " + x.type());
    }
    int channels = x.shape().dim(1);
    // Nodes, not numbers: they fold to constants that every graph of the model shares.
    Value variance = perChannel(n, 4, channels);
    Value epsilon = n.scalarLike(x, n.node().number("epsilon", 1e-5f));
    Value deviation = n.unary(UnaryFunction.SQRT, n.binary(BinaryFunction.ADD, variance, epsilon));
    Value factor = n.binary(BinaryFunction.DIV, perChannel(n, 1, channels), deviation);
    Value moved = n.binary(BinaryFunction.MUL, perChannel(n, 3, channels), factor);
    Value term = n.binary(BinaryFunction.SUB, perChannel(n, 2, channels), moved);
    List<Integer> dims = channelDims(channels, rank);
    Value product = n.binary(BinaryFunction.MUL, x, n.reshape(factor, dims));
    return n.binary(BinaryFunction.ADD, product, n.reshape(term, dims));
  }

  /** Over the image of each channel. */
  static Value instance(NodeScope n) {
    Value x = n.floats(0);
    int rank = x.shape().rank();
    if (rank < 3) {
      throw n.node().bad("needs an image, got " + x.type());
    }
    List<Integer> dims = channelDims(x.shape().dim(1), rank);
    Value normal = normalized(n, x, IntStream.range(2, rank).boxed().toList());
    Value scaled = n.binary(BinaryFunction.MUL, normal, n.reshape(n.floats(1), dims));
    return n.binary(BinaryFunction.ADD, scaled, n.reshape(n.floats(2), dims));
  }

  /** Over all axes from the stated one on; then the mean and 1 / deviation, where wanted. */
  static List<Value> layer(NodeScope n) {
    Value x = n.floats(0);
    int rank = x.shape().rank();
    int axis = n.axis(n.node().integer("axis", -1), rank);
    List<Integer> dims = new ArrayList<>(x.shape().dims().subList(0, axis));
    Shape row = Shape.of(Math.toIntExact(x.shape().product(axis, rank)));
    dims.add(row.last());
    Op norm = new Op.LayerNorm(n.node().number("epsilon", 1e-5f));
    // Scale and shift may be of any shape that broadcasts; a pass moves vectors into the operator.
    Value ones = n.add(new Op.Expand(row), n.scalarLike(x, 1));
    Value zeros = n.add(new Op.Expand(row), n.scalarLike(x, 0));
    Value rows = n.add(norm, n.reshape(x, dims), ones, zeros);
    Value normal = n.reshape(rows, x.shape().dims());
    Value scaled = n.binary(BinaryFunction.MUL, normal, n.floats(1));
    Value y = n.maybe(2) == null ? scaled : n.binary(BinaryFunction.ADD, scaled, n.floats(2));
    List<Integer> axes = IntStream.range(axis, rank).boxed().toList();
    Value mean = n.add(new Op.Reduce(ReduceKind.MEAN, axes, true), x);
    Value deviation = deviation(n, x, n.binary(BinaryFunction.SUB, x, mean), axes);
    return List.of(y, mean, n.unary(UnaryFunction.RECIPROCAL, deviation));
  }

  /** (x - mean) / sqrt(mean((x - mean)^2) + eps). */
  private static Value normalized(NodeScope n, Value x, List<Integer> axes) {
    Value mean = n.add(new Op.Reduce(ReduceKind.MEAN, axes, true), x);
    Value centred = n.binary(BinaryFunction.SUB, x, mean);
    return n.binary(BinaryFunction.DIV, centred, deviation(n, x, centred, axes));
  }

  private static Value deviation(NodeScope n, Value x, Value centred, List<Integer> axes) {
    Value square = n.binary(BinaryFunction.MUL, centred, centred);
    Value variance = n.add(new Op.Reduce(ReduceKind.MEAN, axes, true), square);
    Value epsilon = n.scalarLike(x, n.node().number("epsilon", 1e-5f));
    return n.unary(UnaryFunction.SQRT, n.binary(BinaryFunction.ADD, variance, epsilon));
  }

  /** [C, 1, 1...]: broadcasts along axis 1 of a tensor of the rank. */
  private static List<Integer> channelDims(int channels, int rank) {
    List<Integer> dims = new ArrayList<>(List.of(channels));
    dims.addAll(Collections.nCopies(rank - 2, 1));
    return dims;
  }

  private static Value perChannel(NodeScope n, int input, int channels) {
    Value vector = n.floats(input);
    long values = vector.shape().elements();
    if (values != channels) {
      throw n.node()
          .bad("input " + input + " has " + values + " values for " + channels + " channels");
    }
    return n.reshape(vector, List.of(channels));
  }
}
