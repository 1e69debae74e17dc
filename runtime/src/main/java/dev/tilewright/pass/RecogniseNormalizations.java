package dev.tilewright.pass;

import dev.tilewright.graph.Node;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.BinaryFunction;
import dev.tilewright.graph.Op.UnaryFunction;
import dev.tilewright.graph.Value;
import dev.tilewright.tensor.Shape;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Layer normalisation written as arithmetic becomes one operator: d / sqrt(mean(d * d) + e), where
 * d = x - mean(x) and means are over the last dimension. A scale and a shift that follow are moved
 * into it by {@link FoldAffine}.
 */
final class RecogniseNormalizations implements Pass {
  @Override
  public boolean looksFor(Op op) {
    return op instanceof Op.Unary(UnaryFunction f) && f == UnaryFunction.SQRT;
  }

  @Override
  public void rewrite(Rewriter.At at) {
    Value normal =
        at.op() instanceof Op.Binary(BinaryFunction f) && f == BinaryFunction.DIV
            ? layer(at)
            : null;
    at.replaceOrKeep(normal);
  }

  private static @Nullable Value layer(Rewriter.At at) {
    Value centred = at.in(0);
    Node difference = made(at, centred, BinaryFunction.SUB);
    if (difference == null
        || !(at.producer(at.in(1)) instanceof Node root)
        || !(root.op() instanceof Op.Unary(UnaryFunction u))
        || u != UnaryFunction.SQRT
        || !(made(at, root.input(0), BinaryFunction.ADD) instanceof Node sum)) {
      return null;
    }
    int side = at.scalar(sum.input(0)) != null ? 1 : 0;
    Double epsilon = at.scalar(sum.input(1 - side));
    Value variance = sum.input(side);
    Value x = difference.input(0);
    if (epsilon == null
        || !x.shape().equals(centred.shape())
        || !(made(at, meanOfRows(at, variance), BinaryFunction.MUL) instanceof Node square)
        || !square.inputs().equals(List.of(centred, centred))
        || !x.equals(meanOfRows(at, difference.input(1)))) {
      return null;
    }
    Shape row = Shape.of(x.shape().last());
    Value ones = at.emit(new Op.Expand(row), at.number(1));
    Value zeros = at.emit(new Op.Expand(row), at.number(0));
    return at.emit(new Op.LayerNorm(epsilon.floatValue()), x, ones, zeros);
  }

  /** The node that computes the value, if it is one of this function. */
  private static @Nullable Node made(Rewriter.At at, @Nullable Value value, BinaryFunction f) {
    Node node = value == null ? null : at.producer(value);
    return node != null && node.op() instanceof Op.Binary(BinaryFunction g) && g == f ? node : null;
  }

  /** What the value is the mean of, over the last dimension, which stays as 1; or null. */
  private static @Nullable Value meanOfRows(Rewriter.At at, Value value) {
    return at.producer(value) instanceof Node node
            && node.op() instanceof Op.Reduce(Op.ReduceKind kind, List<Integer> axes, boolean keep)
            && kind == Op.ReduceKind.MEAN
            && keep
            && axes.equals(List.of(node.input(0).shape().rank() - 1))
        ? node.input(0)
        : null;
  }
}
