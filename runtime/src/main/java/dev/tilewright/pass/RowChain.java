package dev.tilewright.pass;

import dev.tilewright.graph.Node;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Value;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Operators that treat every row of the last dimension alike, behind a copy that brought rows into
 * another order: they may as well work on what was copied.
 */
final class RowChain {
  private final Value copied;
  private final Value ordered;
  private final int[] order;

  /** The rows are this input of each. */
  private final Map<Node, Integer> sides;

  private final Map<Value, Value> again = new HashMap<>();

  private RowChain(Node runs, int[] order, Map<Node, Integer> sides) {
    this.copied = runs.input(0);
    this.ordered = runs.output();
    this.order = order;
    this.sides = sides;
  }

  /**
   * The chain of which these values are all that others read; null if there is none.
   *
   * @param ends of the graph being built; one that is read twice is listed twice
   * @param rows that there are of each of them
   */
  static @Nullable RowChain before(Rewriter.At at, List<Value> ends, int rows) {
    Node runs = null;
    Map<Node, Integer> sides = new HashMap<>();
    Map<Value, Integer> reads = new HashMap<>();
    Deque<Value> open = new ArrayDeque<>(ends);
    while (!open.isEmpty()) {
      Value value = open.pop();
      Node node = at.producer(value);
      if (node != null && node.op() instanceof Op.Runs) {
        if (runs != null && !runs.equals(node)) {
          return null;
        }
        runs = node;
        continue;
      }
      int side = node == null ? -1 : side(at, node, rows);
      if (node == null || side < 0) {
        return null;
      }
      reads.merge(value, 1, Integer::sum);
      if (sides.put(node, side) == null) {
        open.push(node.input(side));
      }
    }
    int[] order =
        runs != null && runs.op() instanceof Op.Runs op ? rows(at, op, runs.input(1), rows) : null;
    boolean alone = reads.entrySet().stream().allMatch(e -> at.uses(e.getKey()) == e.getValue());
    return runs == null || order == null || !alone || !isPermutation(runs, order)
        ? null
        : new RowChain(runs, order, sides);
  }

  /**
   * Which input of a node are rows that it treats alike, or -1. Such a row may be several of the
   * node's, and a Reshape leaves them what they are, whatever dimensions it gives them.
   */
  private static int side(Rewriter.At at, Node node, int rows) {
    Shape in = node.input(0).shape();
    Shape out = node.output().shape();
    if (node.op() instanceof Op.Reshape) {
      return 0;
    }
    if (out.elements() == 0 || out.elements() / out.last() % rows != 0) {
      return -1;
    }
    boolean first =
        switch (node.op()) {
          case Op.Activate a -> true;
          case Op.Unary u -> true;
          case Op.LayerNorm n -> true;
          case Op.Conv conv -> conv.window().equals(Op.Window.POINT) && !conv.epilogue().residual();
          case Op.Slice slice ->
              IntStream.range(0, in.rank() - 1)
                  .allMatch(i -> in.dim(i) == out.dim(i) && slice.steps().get(i) == 1);
          case Op.Binary b -> in.equals(out) && isRow(at, node.input(1), out);
          default -> false;
        };
    boolean second =
        node.op() instanceof Op.Binary
            && node.input(1).shape().equals(out)
            && isRow(at, node.input(0), out);
    return first ? 0 : second ? 1 : -1;
  }

  /** Whether the constant is the same for each row. */
  private static boolean isRow(Rewriter.At at, Value value, Shape rows) {
    long elements = value.shape().elements();
    return at.constant(value) != null
        && (elements == 1 || (elements == rows.last() && value.shape().last() == rows.last()));
  }

  /**
   * For each row of the result of {@link Op.Runs}, its number in the source, or {@link
   * AxisMoves#ZERO}; null if rows do not stay what they are.
   *
   * @param count how many rows the result has
   */
  static int @Nullable [] rows(Rewriter.At at, Op.Runs op, Value numbered, int count) {
    Tensor runs = at.constant(numbered);
    long columns = op.shape().elements() / count;
    if (runs == null || op.shape().elements() % count != 0 || op.length() % columns != 0) {
      return null;
    }
    long[] numbers = runs.toLongs();
    int pieces = (int) (op.length() / columns);
    int[] rows = new int[numbers.length * pieces];
    for (int i = 0; i < rows.length; i++) {
      int run = (int) numbers[i / pieces];
      rows[i] = run == AxisMoves.ZERO ? run : run * pieces + i % pieces;
    }
    return rows;
  }

  private static boolean isPermutation(Node runs, int[] order) {
    boolean[] seen = new boolean[order.length];
    for (int row : order) {
      if (row < 0 || row >= seen.length || seen[row]) {
        return false;
      }
      seen[row] = true;
    }
    return runs.input(0).shape().elements() == runs.output().shape().elements();
  }

  /** For each row of what was copied: row i was row {@code order[i]}. */
  int[] order() {
    return order;
  }

  /** An end of the chain, of rows in the order that they had. */
  Value again(Rewriter.At at, Value end) {
    Deque<Value> way = new ArrayDeque<>();
    for (Value v = end; !again.containsKey(v) && !v.equals(ordered); v = before(at, v)) {
      way.push(v);
    }
    Value start = way.isEmpty() ? end : before(at, way.peek());
    Value x = again.get(start);
    if (x == null) {
      Shape shape = ordered.shape();
      x = copied.shape().equals(shape) ? copied : at.emit(new Op.Reshape(shape), copied);
    }
    for (Value v : way) {
      Node node = at.made(v);
      List<Value> in = new ArrayList<>(node.inputs());
      in.set(Objects.requireNonNull(sides.get(node)), x);
      x = at.emit(node.name(), node.op(), in);
      again.put(v, x);
    }
    return x;
  }

  private Value before(Rewriter.At at, Value value) {
    Node node = at.made(value);
    return node.input(Objects.requireNonNull(sides.get(node)));
  }
}
