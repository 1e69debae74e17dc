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
    return node.integer("spatial", 1) == 0 ? "not per channel" : null;
  }

  /** x * m + a per channel, where m = scale / sqrt(var + eps) and a = shift - mean * m. */
  static Value batch(NodeScope n) {
    Value x = withChannels(n);
    int channels = x.shape().dim(1);
    return scaled(n, x, perChannel(n, 3, channels), perChannel(n, 4, channels));
  }

  /**
   * From opset 14 on, training is asked for by an attribute: with the mean and the variance of the
   * batch, which also move the running ones.
   */
  static List<Value> batchOrTraining(NodeScope n) {
    if (n.node().integer("training_mode", 0) == 0) {
      return List.of(batch(n));
    }
    Value x = withChannels(n);
    List<Integer> axes = IntStream.range(0, x.shape().rank()).filter(i -> i != 1).boxed().toList();
    Value centre = n.add(new Op.Reduce(ReduceKind.MEAN, axes, true), x);
    Value spread = variance(n, n.binary(BinaryFunction.SUB, x, centre), axes);
    List<Integer> channels = List.of(x.shape().dim(1));
    Value mean = n.reshape(centre, channels);
    Value variance = n.reshape(spread, channels);
    return List.of(scaled(n, x, mean, variance), running(n, 3, mean), running(n, 4, variance));
  }

  private static Value withChannels(NodeScope n) {
    if (n.shape(0).rank() < 2) {
      throw n.node().bad("needs channels, got " + n.in(0).type());
    }
    return n.floats(0);
  }

  /** momentum * running + (1 - momentum) * current. */
  private static Value running(NodeScope n, int input, Value current) {
    float momentum = n.node().number("momentum", 0.9f);
    Value running = perChannel(n, input, current.shape().dim(0));
    return n.binary(
        BinaryFunction.ADD,
        n.binary(BinaryFunction.MUL, running, n.scalarLike(running, momentum)),
        n.binary(BinaryFunction.MUL, current, n.scalarLike(current, 1.0 - momentum)));
  }

  private static Value scaled(NodeScope n, Value x, Value mean, Value variance) {
    int channels = x.shape().dim(1);
    // Nodes, not numbers: they fold to constants that every graph of the model shares.
    Value factor = n.binary(BinaryFunction.DIV, perChannel(n, 1, channels), deviation(n, variance));
    Value moved = n.binary(BinaryFunction.MUL, mean, factor);
    Value term = n.binary(BinaryFunction.SUB, perChannel(n, 2, channels), moved);
    List<Integer> dims = channelDims(channels, x.shape().rank());
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
    Value deviation = deviation(n, variance(n, n.binary(BinaryFunction.SUB, x, mean), axes));
    return List.of(y, mean, n.unary(UnaryFunction.RECIPROCAL, deviation));
  }

  /** (x - mean) / sqrt(mean((x - mean)^2) + eps). */
  private static Value normalized(NodeScope n, Value x, List<Integer> axes) {
    Value mean = n.add(new Op.Reduce(ReduceKind.MEAN, axes, true), x);
    Value centred = n.binary(BinaryFunction.SUB, x, mean);
    return n.binary(BinaryFunction.DIV, centred, deviation(n, variance(n, centred, axes)));
  }

  private static Value variance(NodeScope n, Value centred, List<Integer> axes) {
    Value square = n.binary(BinaryFunction.MUL, centred, centred);
    return n.add(new Op.Reduce(ReduceKind.MEAN, axes, true), square);
  }

  private static Value deviation(NodeScope n, Value variance) {
    Value epsilon = n.scalarLike(variance, n.node().number("epsilon", 1e-5f));
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
