package dev.tilewright.onnx;

import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.BinaryFunction;
import dev.tilewright.graph.Op.ReduceKind;
import dev.tilewright.graph.Op.UnaryFunction;
import dev.tilewright.graph.Value;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
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
    float[] scale = perChannel(n, 1, channels);
    float[] shift = perChannel(n, 2, channels);
    float[] mean = perChannel(n, 3, channels);
    float[] variance = perChannel(n, 4, channels);
    double epsilon = n.node().number("epsilon", 1e-5f);
    float[] factor = new float[channels];
    float[] term = new float[channels];
    for (int c = 0; c < channels; c++) {
      double m = scale[c] / Math.sqrt(variance[c] + epsilon);
      factor[c] = (float) m;
      term[c] = (float) (shift[c] - mean[c] * m);
    }
    Shape shape = new Shape(channelDims(channels, rank));
    Value product = n.binary(BinaryFunction.MUL, x, n.constant(Tensor.of(shape, factor)));
    return n.binary(BinaryFunction.ADD, product, n.constant(Tensor.of(shape, term)));
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

  /** Over all axes from the stated one on. */
  static Value layer(NodeScope n) {
    Value x = n.floats(0);
    int rank = x.shape().rank();
    int axis = n.axis(n.node().integer("axis", -1), rank);
    Value normal = normalized(n, x, IntStream.range(axis, rank).boxed().toList());
    Value scaled = n.binary(BinaryFunction.MUL, normal, n.floats(1));
    return n.maybe(2) == null ? scaled : n.binary(BinaryFunction.ADD, scaled, n.floats(2));
  }

  /** (x - mean) / sqrt(mean((x - mean)^2) + eps). */
  private static Value normalized(NodeScope n, Value x, List<Integer> axes) {
    Value mean = n.add(new Op.Reduce(ReduceKind.MEAN, axes, true), x);
    Value centred = n.binary(BinaryFunction.SUB, x, mean);
    Value square = n.binary(BinaryFunction.MUL, centred, centred);
    Value variance = n.add(new Op.Reduce(ReduceKind.MEAN, axes, true), square);
    Value epsilon = n.scalarLike(x, n.node().number("epsilon", 1e-5f));
    Value sum = n.binary(BinaryFunction.ADD, variance, epsilon);
    return n.binary(BinaryFunction.DIV, centred, n.unary(UnaryFunction.SQRT, sum));
  }

  /** [C, 1, 1...]: broadcasts along axis 1 of a tensor of the rank. */
  private static List<Integer> channelDims(int channels, int rank) {
    List<Integer> dims = new ArrayList<>(List.of(channels));
    dims.addAll(Collections.nCopies(rank - 2, 1));
    return dims;
  }

  private static float[] perChannel(NodeScope n, int input, int channels) {
    n.floats(input);
    float[] values = n.constant(input).toFloats();
    if (values.length != channels) {
      throw n.node()
          .bad(
              "input " + input + " has " + values.length + " values for " + channels + " channels");
    }
    return values;
  }
}
