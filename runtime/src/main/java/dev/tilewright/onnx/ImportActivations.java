package dev.tilewright.onnx;

import dev.tilewright.conv.Activation;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.BinaryFunction;
import dev.tilewright.graph.Op.ReduceKind;
import dev.tilewright.graph.Op.UnaryFunction;
import dev.tilewright.graph.Value;
import dev.tilewright.tensor.DType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Activation functions, and softmax. */
final class ImportActivations {
  private ImportActivations() {}

  static Value relu(NodeScope n) {
    Value x = n.in(0);
    return x.type().dtype() == DType.FLOAT32
        ? activate(n, Activation.relu())
        : n.binary(BinaryFunction.MAX, x, n.scalarLike(x, 0));
  }

  static Value sigmoid(NodeScope n) {
    return activate(n, new Activation.Sigmoid());
  }

  static Value tanh(NodeScope n) {
    return activate(n, new Activation.Tanh());
  }

  static Value hardSwish(NodeScope n) {
    return activate(n, new Activation.HardSwish());
  }

  static Value hardSigmoid(NodeScope n) {
    float alpha = n.node().number("alpha", 0.2f);
    return activate(n, new Activation.HardSigmoid(alpha, n.node().number("beta", 0.5f)));
  }

  static Value leakyRelu(NodeScope n) {
    return activate(n, new Activation.LeakyRelu(n.node().number("alpha", 0.01f)));
  }

  static Value clipAttributes(NodeScope n) {
    float low = n.node().number("min", Float.NEGATIVE_INFINITY);
    float high = n.node().number("max", Float.POSITIVE_INFINITY);
    return activate(n, new Activation.Clip(low, high));
  }

  /** Bounds are inputs: constants of float32 as a rule, else a minimum and a maximum. */
  static Value clip(NodeScope n) {
    Value x = n.in(0);
    boolean known =
        (n.maybe(1) == null || n.isConstant(1)) && (n.maybe(2) == null || n.isConstant(2));
    if (known && x.type().dtype() == DType.FLOAT32) {
      float low = n.maybe(1) == null ? Float.NEGATIVE_INFINITY : (float) n.scalar(n.constant(1));
      float high = n.maybe(2) == null ? Float.POSITIVE_INFINITY : (float) n.scalar(n.constant(2));
      return activate(n, new Activation.Clip(low, high));
    }
    Value low = n.maybe(1);
    Value high = n.maybe(2);
    Value clipped = low == null ? x : n.binary(BinaryFunction.MAX, x, low);
    return high == null ? clipped : n.binary(BinaryFunction.MIN, clipped, high);
  }

  static @Nullable String geluRefusal(OnnxNode node) {
    String approximate = node.text("approximate", "none");
    return approximate.equals("none") || approximate.equals("tanh")
        ? null
        : "approximate " + approximate;
  }

  /** Exact, or 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) as Hendrycks & Gimpel 2016. */
  static Value gelu(NodeScope n) {
    if (n.node().text("approximate", "none").equals("none")) {
      return activate(n, new Activation.Gelu());
    }
    Value x = n.floats(0);
    Value square = n.binary(BinaryFunction.MUL, x, x);
    Value factor = plus(n, times(n, square, 0.044715), 1);
    Value inner = times(n, n.binary(BinaryFunction.MUL, x, factor), Math.sqrt(2 / Math.PI));
    Value tanh = n.add(new Op.Activate(new Activation.Tanh()), inner);
    return n.binary(BinaryFunction.MUL, times(n, x, 0.5), plus(n, tanh, 1));
  }

  /** x above 0, alpha * (exp(x) - 1) elsewhere; of min(x, 0), so that exp does not overflow. */
  static Value elu(NodeScope n) {
    Value x = n.floats(0);
    Value negative = times(n, belowZero(n, x, 1), n.node().number("alpha", 1));
    return n.binary(BinaryFunction.ADD, positive(n, x), negative);
  }

  /** x above 0, slope * x elsewhere; the slope broadcasts to x. */
  static Value pRelu(NodeScope n) {
    Value x = n.floats(0);
    Value zero = n.scalarLike(x, 0);
    Value negative =
        n.binary(BinaryFunction.MUL, n.floats(1), n.binary(BinaryFunction.MIN, x, zero));
    return n.binary(BinaryFunction.ADD, n.binary(BinaryFunction.MAX, x, zero), negative);
  }

  /** log(1 + exp(x)) = max(x, 0) + log(1 + exp(-|x|)), where exp does not overflow. */
  static Value softplus(NodeScope n) {
    Value x = n.floats(0);
    Value small = n.unary(UnaryFunction.NEG, n.unary(UnaryFunction.ABS, x));
    Value log = n.unary(UnaryFunction.LOG, plus(n, n.unary(UnaryFunction.EXP, small), 1));
    Value positive = n.binary(BinaryFunction.MAX, x, n.scalarLike(x, 0));
    return n.binary(BinaryFunction.ADD, positive, log);
  }

  /** gamma * x above 0, gamma * alpha * (exp(x) - 1) elsewhere (Klambauer et al. 2017). */
  static Value selu(NodeScope n) {
    float alpha = n.node().number("alpha", 1.6732632f);
    float gamma = n.node().number("gamma", 1.050701f);
    Value x = n.floats(0);
    Value negative = times(n, belowZero(n, x, 1), (double) alpha * gamma);
    return n.binary(BinaryFunction.ADD, times(n, positive(n, x), gamma), negative);
  }

  /** x above 0, alpha * (exp(x / alpha) - 1) elsewhere. */
  static Value celu(NodeScope n) {
    float alpha = n.node().number("alpha", 1);
    Value x = n.floats(0);
    Value negative = times(n, belowZero(n, x, alpha), alpha);
    return n.binary(BinaryFunction.ADD, positive(n, x), negative);
  }

  /** x above alpha, 0 elsewhere. */
  static Value thresholdedRelu(NodeScope n) {
    Value x = n.floats(0);
    Value above = n.binary(BinaryFunction.GREATER, x, n.scalarLike(x, n.node().number("alpha", 1)));
    return n.add(new Op.Where(), above, x, n.scalarLike(x, 0));
  }

  /** Values beyond +-lambd, nearer to 0 by bias; 0 between. */
  static Value shrink(NodeScope n) {
    Value x = n.in(0);
    double bias = n.node().number("bias", 0);
    double lambda = n.node().number("lambd", 0.5f);
    Value above = n.binary(BinaryFunction.GREATER, x, n.scalarLike(x, lambda));
    Value below = n.binary(BinaryFunction.LESS, x, n.scalarLike(x, -lambda));
    Value low = n.add(new Op.Where(), below, plus(n, x, bias), n.scalarLike(x, 0));
    return n.add(new Op.Where(), above, plus(n, x, -bias), low);
  }

  /** x / (1 + |x|). */
  static Value softsign(NodeScope n) {
    Value x = n.floats(0);
    return n.binary(BinaryFunction.DIV, x, plus(n, n.unary(UnaryFunction.ABS, x), 1));
  }

  /** x * tanh(softplus(x)) (Misra 2019). */
  static Value mish(NodeScope n) {
    Value tanh = n.add(new Op.Activate(new Activation.Tanh()), softplus(n));
    return n.binary(BinaryFunction.MUL, n.floats(0), tanh);
  }

  static Value hardmax(NodeScope n) {
    return alongAxis(n, (x, axis) -> ImportIndexing.hardmax(n, x, axis));
  }

  static Value softmax(NodeScope n) {
    return softmax(n, n.floats(0), n.opset() < 13);
  }

  /**
   * Of any tensor.
   *
   * @param flattens whether the axis and all that follow are one
   */
  static Value softmax(NodeScope n, Value input, boolean flattens) {
    return alongAxis(n, input, flattens, (x, axis) -> n.add(new Op.Softmax(axis), x));
  }

  /** x - max - log(sum(exp(x - max))): the logarithm of a softmax would meet zeros. */
  static Value logSoftmax(NodeScope n) {
    return alongAxis(
        n,
        (x, axis) -> {
          List<Integer> axes = List.of(axis);
          Value max = n.add(new Op.Reduce(ReduceKind.MAX, axes, true), x);
          Value shifted = n.binary(BinaryFunction.SUB, x, max);
          Value exp = n.unary(UnaryFunction.EXP, shifted);
          Value sum = n.add(new Op.Reduce(ReduceKind.SUM, axes, true), exp);
          return n.binary(BinaryFunction.SUB, shifted, n.unary(UnaryFunction.LOG, sum));
        });
  }

  private interface AlongAxis {
    Value apply(Value x, int axis);
  }

  /**
   * Before opset 13 the axis and all that follow are one, and the axis is 1 if not stated; since
   * then it is one axis, the last.
   */
  private static Value alongAxis(NodeScope n, AlongAxis function) {
    return alongAxis(n, n.floats(0), n.opset() < 13, function);
  }

  private static Value alongAxis(NodeScope n, Value x, boolean flattens, AlongAxis function) {
    int rank = x.shape().rank();
    int axis = n.axis(n.node().integer("axis", flattens ? 1 : -1), rank);
    long rows = x.shape().product(0, axis);
    long columns = x.shape().product(axis, rank);
    if (!flattens || columns == x.shape().dim(axis)) {
      return function.apply(x, axis);
    }
    Value flat = n.reshape(x, List.of(Math.toIntExact(rows), Math.toIntExact(columns)));
    return n.reshape(function.apply(flat, 1), x.shape().dims());
  }

  private static Value positive(NodeScope n, Value x) {
    return n.binary(BinaryFunction.MAX, x, n.scalarLike(x, 0));
  }

  /** exp(x / scale) - 1 below 0, 0 elsewhere. */
  private static Value belowZero(NodeScope n, Value x, float scale) {
    Value below = n.binary(BinaryFunction.MIN, x, n.scalarLike(x, 0));
    Value scaled = scale == 1 ? below : n.binary(BinaryFunction.DIV, below, n.scalarLike(x, scale));
    return plus(n, n.unary(UnaryFunction.EXP, scaled), -1);
  }

  private static Value activate(NodeScope n, Activation activation) {
    return n.add(new Op.Activate(activation), n.floats(0));
  }

  private static Value times(NodeScope n, Value x, double factor) {
    return n.binary(BinaryFunction.MUL, x, n.scalarLike(x, factor));
  }

  private static Value plus(NodeScope n, Value x, double term) {
    return n.binary(BinaryFunction.ADD, x, n.scalarLike(x, term));
  }
}
