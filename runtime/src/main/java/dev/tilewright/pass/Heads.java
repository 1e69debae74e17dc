package dev.tilewright.pass;

import dev.tilewright.graph.Node;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Value;
import dev.tilewright.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Queries, keys and values as rows of tokens, in which heads lie side by side: what they were
 * before transposes took the heads apart.
 *
 * @param count heads
 * @param order of the dimensions of queries that makes rows of them
 */
record Heads(Rows q, Rows k, Rows v, int images, int count, Permutation order) {
  /**
   * A value that is [image, token, head, column] but for dimensions of 1.
   *
   * @param scale left out of it
   */
  private record Rows(Value value, double scale, int tokens) {}

  /**
   * The heads of a product q k, k being [..., columns, tokens], and of its values.
   *
   * @param order of the dimensions of q and v that makes rows
   * @param axis of the heads; -1 if there is one
   * @return null if something would have to be transposed
   */
  static @Nullable Heads of(
      Rewriter.At at, Value q, Value k, Value v, List<Integer> order, int axis) {
    int last = order.size() - 1;
    List<Integer> ofKeys = new ArrayList<>(order);
    ofKeys.replaceAll(i -> i == last ? last - 1 : i == last - 1 ? last : i);
    Shape shape = q.shape();
    Rows queries = rows(at, q, order, shape.dim(last - 1));
    Rows keys = rows(at, k, ofKeys, k.shape().last());
    Rows values = rows(at, v, order, k.shape().last());
    if (queries == null || keys == null || values == null || values.scale != 1) {
      return null;
    }
    int count = axis < 0 ? 1 : shape.dim(axis);
    int images = Math.toIntExact(shape.product(0, last - 1) / count);
    return new Heads(queries, keys, values, images, count, new Permutation(order));
  }

  private static @Nullable Rows rows(Rewriter.At at, Value of, List<Integer> order, int tokens) {
    Value x = of;
    double scale = 1;
    Permutation owed = new Permutation(order);
    for (Node node = at.producer(x); node != null; node = at.producer(x)) {
      Scaled scaled = Scaled.by(at, node);
      if (scaled != null) {
        scale *= scaled.factor();
        x = scaled.value();
      } else if (node.op() instanceof Op.Transpose(List<Integer> perm)) {
        owed = new Permutation(perm).then(owed);
        x = node.input(0);
      } else {
        break;
      }
    }
    return owed.movesOnlyUnitDims(x.shape()) ? new Rows(x, scale, tokens) : null;
  }

  /** Of the scores. */
  double scale() {
    return q.scale * k.scale;
  }

  /** Queries, keys and values as [image, token, heads * columns]. */
  List<Value> columns(Rewriter.At at) {
    return Stream.of(q, k, v).map(rows -> columns(at, rows)).toList();
  }

  /** What attention gives, with the dimensions that the model's product has. */
  Value apart(Rewriter.At at, Value attention, Shape to) {
    Shape rows = order.apply(to);
    Value split = at.emit(new Op.Reshape(rows), attention);
    Permutation back = order.inverse();
    return back.movesOnlyUnitDims(rows)
        ? at.emit(new Op.Reshape(to), split)
        : at.emit(new Op.Transpose(back.order()), split);
  }

  private Value columns(Rewriter.At at, Rows rows) {
    long elements = rows.value.shape().elements();
    Shape shape = Shape.of(images, rows.tokens, Math.toIntExact(elements / images / rows.tokens));
    Value cut = cut(at, rows.value, shape);
    return cut != null ? cut : at.emit(new Op.Reshape(shape), rows.value);
  }

  /** A part of one product's columns is a slice of its rows, which needs no copy. */
  private static @Nullable Value cut(Rewriter.At at, Value value, Shape to) {
    Value x = value;
    Node node = at.producer(x);
    while (node != null && node.op() instanceof Op.Reshape) {
      x = node.input(0);
      node = at.producer(x);
    }
    if (node == null || !(node.op() instanceof Op.Slice slice)) {
      return null;
    }
    Shape from = node.input(0).shape();
    List<Integer> cut =
        IntStream.range(0, from.rank())
            .filter(i -> from.dim(i) != slice.sizes().dim(i) || slice.steps().get(i) != 1)
            .boxed()
            .toList();
    if (cut.size() != 1 || slice.steps().get(cut.getFirst()) != 1) {
      return null;
    }
    int axis = cut.getFirst();
    int inner = Math.toIntExact(from.product(axis + 1, from.rank()));
    if (from.product(0, axis) != to.product(0, 2) || slice.sizes().dim(axis) * inner != to.last()) {
      return null;
    }
    Shape whole = Shape.of(to.dim(0), to.dim(1), from.dim(axis) * inner);
    Op columns =
        new Op.Slice(List.of(0, 0, slice.starts().get(axis) * inner), List.of(1, 1, 1), to);
    return at.emit(columns, at.emit(new Op.Reshape(whole), node.input(0)));
  }
}
