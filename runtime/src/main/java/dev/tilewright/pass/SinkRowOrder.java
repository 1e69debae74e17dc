package dev.tilewright.pass;

import dev.tilewright.graph.Op;
import dev.tilewright.graph.Value;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A copy that only brings rows into another order, such as tokens into windows, moves towards the
 * outputs: what treats rows alike works in the order that there was, attention finds its tokens by
 * the numbers of their rows and leaves its result in that order, and two copies that meet are one,
 * or none if the second undoes the first.
 */
final class SinkRowOrder implements Pass {
  @Override
  public boolean looksFor(Op op) {
    return op instanceof Op.Runs;
  }

  @Override
  public void rewrite(Rewriter.At at) {
    Value simple =
        switch (at.op()) {
          case Op.Attention attention when !attention.rows() -> attention(at, attention);
          case Op.Runs runs -> runs(at, runs);
          default -> null;
        };
    at.replaceOrKeep(simple);
  }

  private static @Nullable Value attention(Rewriter.At at, Op.Attention op) {
    List<Value> operands = List.of(at.in(0), at.in(1), at.in(2));
    Shape q = at.in(0).shape();
    int tokens = Math.toIntExact(q.product(0, 2));
    RowChain chain =
        tokens > 0 && at.in(1).shape().dim(1) == q.dim(1)
            ? RowChain.before(at, operands, tokens)
            : null;
    if (chain == null) {
      return null;
    }
    List<Value> in = new ArrayList<>();
    operands.forEach(x -> in.add(chain.again(at, x)));
    if (op.bias()) {
      in.add(at.in(3));
    }
    in.add(at.known(Tensor.of(Shape.of(q.dim(0), q.dim(1)), longs(chain.order()))));
    Op named = new Op.Attention(op.heads(), op.scale(), op.bias(), true);
    return ordered(
        at, at.emit(named, in.toArray(Value[]::new)), chain.order(), at.node().output().shape());
  }

  private static @Nullable Value runs(Rewriter.At at, Op.Runs op) {
    Shape x = at.in(0).shape();
    int columns = x.last();
    long elements = op.shape().elements();
    int[] then =
        elements > 0 && elements % columns == 0
            ? RowChain.rows(at, op, at.in(1), Math.toIntExact(elements / columns))
            : null;
    RowChain chain =
        then == null
            ? null
            : RowChain.before(at, List.of(at.in(0)), Math.toIntExact(x.elements() / columns));
    if (chain == null || then == null) {
      return null;
    }
    int[] order = chain.order();
    int[] both = IntStream.of(then).map(row -> row < 0 ? row : order[row]).toArray();
    return ordered(at, chain.again(at, at.in(0)), both, op.shape());
  }

  /** Rows of the value in this order. */
  private static Value ordered(Rewriter.At at, Value value, int[] order, Shape to) {
    boolean same =
        value.shape().elements() == to.elements()
            && IntStream.range(0, order.length).allMatch(i -> order[i] == i);
    return same
        ? at.emit(new Op.Reshape(to), value)
        : at.emit(
            new Op.Runs(Math.toIntExact(to.elements() / order.length), to),
            value,
            at.known(Tensor.of(Shape.of(order.length), longs(order))));
  }

  private static long[] longs(int[] numbers) {
    return IntStream.of(numbers).asLongStream().toArray();
  }
}
