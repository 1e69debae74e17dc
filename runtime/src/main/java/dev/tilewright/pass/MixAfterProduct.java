package dev.tilewright.pass;

import dev.tilewright.graph.Node;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Value;
import dev.tilewright.tensor.Shape;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A fully connected layer whose matrix is a sum of constant ones with factors that each row of the
 * input has for itself (CondConv's last layer, Yang et al. 2019): (sum over e of a_e W_e) x = sum
 * over e of a_e (W_e x). All experts are one product with all rows then, which reads each of them
 * once, and no matrix is written; what is added up are vectors.
 */
final class MixAfterProduct implements Pass {
  @Override
  public boolean looksFor(Op op) {
    return op instanceof Op.MatMul;
  }

  @Override
  public void rewrite(Rewriter.At at) {
    at.replaceOrKeep(at.op() instanceof Op.MatMul ? mixed(at) : null);
  }

  /** Of [N, K, C] x [N, C, 1], the first a reshape of [N, E] x [E, K * C]. */
  private static @Nullable Value mixed(Rewriter.At at) {
    Shape matrices = at.in(0).shape();
    Shape columns = at.in(1).shape();
    Node mix = sum(at);
    if (mix == null || matrices.rank() != 3 || columns.rank() != 3 || columns.dim(2) != 1) {
      return null;
    }
    int rows = matrices.dim(0);
    int k = matrices.dim(1);
    int c = matrices.dim(2);
    int experts = mix.input(1).shape().dim(0);
    // E K C products of a row in both ways; beside them K C become E K.
    if (!mix.output().shape().equals(Shape.of(rows, k * c))
        || columns.dim(0) != rows
        || experts > c) {
      return null;
    }
    Value stacked = at.emit(new Op.Reshape(Shape.of(experts * k, c)), mix.input(1));
    Value all = at.emit(new Op.Transpose(List.of(1, 0)), stacked);
    Value x = at.emit(new Op.Reshape(Shape.of(rows, c)), at.in(1));
    Value each = at.emit(new Op.MatMul(), x, all);
    Value vectors = at.emit(new Op.Reshape(Shape.of(rows, experts, k)), each);
    Value factors = at.emit(new Op.Reshape(Shape.of(rows, 1, experts)), mix.input(0));
    Value sum = at.emit(new Op.MatMul(), factors, vectors);
    return at.emit(new Op.Reshape(Shape.of(rows, k, 1)), sum);
  }

  /** What computes the matrices from factors and a constant, if nobody else reads them. */
  private static @Nullable Node sum(Rewriter.At at) {
    Node node = at.soleProducer(0);
    while (node != null && node.op() instanceof Op.Reshape) {
      node = at.soleProducer(node.input(0));
    }
    return node != null
            && node.op() instanceof Op.MatMul
            && at.constant(node.input(1)) != null
            && node.input(0).shape().rank() == 2
            && node.input(1).shape().rank() == 2
        ? node
        : null;
  }
}
