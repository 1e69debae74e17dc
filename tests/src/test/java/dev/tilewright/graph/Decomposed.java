package dev.tilewright.graph;

import dev.tilewright.graph.Op.BinaryFunction;
import dev.tilewright.graph.Op.ReduceKind;
import dev.tilewright.graph.Op.UnaryFunction;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.util.List;

/** Operators as exporters write them that have no word for them. */
public final class Decomposed {
  private Decomposed() {}

  /** x * (erf(x / sqrt(2)) + 1) * 0.5. */
  public static Value gelu(GraphBuilder b, Value x) {
    Value scaled = binary(b, BinaryFunction.DIV, x, number(b, (float) Math.sqrt(2)));
    Value erf = b.add("gelu", new Op.Unary(UnaryFunction.ERF), scaled);
    Value sum = binary(b, BinaryFunction.ADD, erf, number(b, 1));
    Value product = binary(b, BinaryFunction.MUL, x, sum);
    return binary(b, BinaryFunction.MUL, product, number(b, 0.5f));
  }

  /** d / sqrt(mean(d ^ 2) + epsilon), d = x - mean(x), over the last dimension. */
  public static Value layerNorm(GraphBuilder b, Value x, float epsilon) {
    Value centred = binary(b, BinaryFunction.SUB, x, mean(b, x));
    Value square = binary(b, BinaryFunction.POW, centred, number(b, 2));
    Value sum = binary(b, BinaryFunction.ADD, mean(b, square), number(b, epsilon));
    Value deviation = b.add("norm", new Op.Unary(UnaryFunction.SQRT), sum);
    return binary(b, BinaryFunction.DIV, centred, deviation);
  }

  private static Value mean(GraphBuilder b, Value x) {
    int last = x.shape().rank() - 1;
    return b.add("mean", new Op.Reduce(ReduceKind.MEAN, List.of(last), true), x);
  }

  public static Value binary(GraphBuilder b, BinaryFunction function, Value x, Value y) {
    return b.add("part", new Op.Binary(function), x, y);
  }

  private static Value number(GraphBuilder b, float value) {
    return b.constant("number", Tensor.of(Shape.SCALAR, value));
  }
}
