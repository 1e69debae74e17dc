package dev.tilewright.pass;

import dev.tilewright.graph.Node;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Value;
import dev.tilewright.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * Reshapes and transposes in a row: the same elements in another order.
 *
 * @param from what they move, of the graph being built
 * @param ops in the order in which they are applied
 */
record Moves(Value from, List<Op> ops) {
  private static final int MOST = 64;

  /** All that are between the value and what is none of them; the last 64 of a longer row. */
  static Moves before(Rewriter.At at, Value value) {
    List<Op> ops = new ArrayList<>();
    Value from = value;
    for (Node node = at.producer(from);
        node != null
            && ops.size() < MOST
            && (node.op() instanceof Op.Reshape || node.op() instanceof Op.Transpose);
        node = at.producer(from)) {
      ops.addFirst(node.op());
      from = node.input(0);
    }
    return new Moves(from, ops);
  }

  /** For each element of the result, of this shape, its number in {@code from}. */
  int[] numbers(Shape result) {
    int[] numbers = new int[Math.toIntExact(result.elements())];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = i;
    }
    Shape shape = from.shape();
    for (Op op : ops) {
      if (op instanceof Op.Transpose(List<Integer> perm)) {
        numbers = transposed(numbers, shape, perm);
        shape = new Shape(perm.stream().map(shape::dim).toList());
      } else if (op instanceof Op.Reshape(Shape to)) {
        shape = to;
      }
    }
    return numbers;
  }

  private static int[] transposed(int[] src, Shape shape, List<Integer> perm) {
    int rank = perm.size();
    int[] size = new int[rank];
    int[] stride = new int[rank];
    for (int i = 0; i < rank; i++) {
      size[i] = shape.dim(perm.get(i));
      stride[i] = (int) shape.product(perm.get(i) + 1, rank);
    }
    int[] dst = new int[src.length];
    int[] index = new int[rank];
    int from = 0;
    for (int i = 0; i < dst.length; i++) {
      dst[i] = src[from];
      for (int d = rank - 1; d >= 0; d--) {
        from += stride[d];
        if (++index[d] < size[d]) {
          break;
        }
        from -= stride[d] * size[d];
        index[d] = 0;
      }
    }
    return dst;
  }
}
