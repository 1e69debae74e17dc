package dev.tilewright.pass;

import dev.tilewright.graph.Op;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.util.List;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * An operator that moves elements along each axis by itself: element (i, j, ...) of the result is
 * the one at (places of the first axis at i, of the second at j, ...), the axes in another order,
 * or zero.
 */
final class AxisMoves {
  /** No element of the source: zero. */
  static final int ZERO = -1;

  private final List<Integer> order;

  /** By axis of the result; null if nothing moves along it. */
  private final int[] @Nullable [] places;

  private AxisMoves(List<Integer> order, int[] @Nullable [] places) {
    this.order = order;
    this.places = places;
  }

  /** What the node does to its first input, of this shape; null if it is no such operator. */
  static @Nullable AxisMoves of(Rewriter.At at, Shape in, Shape out) {
    return switch (at.op()) {
      case Op.Transpose(List<Integer> perm) -> new AxisMoves(perm, new int[perm.size()][]);
      case Op.Slice slice ->
          along(in, out, axis -> i -> slice.starts().get(axis) + i * slice.steps().get(axis));
      case Op.Pad pad
          when pad.mode() != Op.PadMode.CONSTANT || Double.doubleToRawLongBits(pad.value()) == 0 ->
          along(in, out, axis -> i -> padded(pad.mode(), i - pad.before().get(axis), in.dim(axis)));
      case Op.Resize r when r.interpolation() == Op.Interpolation.NEAREST ->
          along(in, out, axis -> i -> nearest(r, axis, i, in.dim(axis), out.dim(axis)));
      case Op.Gather(int axis) -> gather(at, axis, in, out);
      default -> null;
    };
  }

  /** Along one axis, the place in the source of each place in the result. */
  private interface Along {
    IntUnaryOperator axis(int axis);
  }

  private static AxisMoves along(Shape in, Shape out, Along along) {
    int[] @Nullable [] places = new int[out.rank()][];
    for (int axis = 0; axis < out.rank(); axis++) {
      int[] from = IntStream.range(0, out.dim(axis)).map(along.axis(axis)).toArray();
      places[axis] = isWhole(from, in.dim(axis)) ? null : from;
    }
    return new AxisMoves(Permutation.identity(out.rank()).order(), places);
  }

  private static boolean isWhole(int[] from, int size) {
    boolean whole = from.length == size;
    for (int i = 0; i < from.length && whole; i++) {
      whole = from[i] == i;
    }
    return whole;
  }

  private static int padded(Op.PadMode mode, int at, int size) {
    int inside = Math.clamp(at, 0, Math.max(0, size - 1));
    return switch (mode) {
      case CONSTANT -> at == inside && size > 0 ? at : ZERO;
      case EDGE -> inside;
      case REFLECT -> 2 * inside - at;
      case WRAP -> Math.floorMod(at, size);
    };
  }

  private static int nearest(Op.Resize r, int axis, int i, int in, int out) {
    double scale = r.scales().get(axis);
    double x = r.nearest().nearest(r.transform().source(i, in, out, scale));
    return (int) Math.clamp(x, 0, in - 1);
  }

  private static @Nullable AxisMoves gather(Rewriter.At at, int axis, Shape in, Shape out) {
    Tensor indices = at.constant(at.in(1));
    if (indices == null || indices.shape().rank() != 1) {
      return null;
    }
    int size = in.dim(axis);
    long[] index = indices.toLongs();
    for (long i : index) {
      if (i < -size || i >= size) {
        return null; // the kernel reports it
      }
    }
    return along(in, out, a -> i -> a == axis ? (int) (index[i] + (index[i] < 0 ? size : 0)) : i);
  }

  /** How many axes there are before those along which nothing moves. */
  private int moving() {
    int axes = order.size();
    while (axes > 0 && places[axes - 1] == null && order.get(axes - 1) == axes - 1) {
      axes--;
    }
    return axes;
  }

  /**
   * Elements of a block: what lies behind the axes that move, and stays together along the last.
   */
  int block(Shape in, Shape out) {
    int axes = moving();
    return together(in, out) * Math.toIntExact(out.product(axes, out.rank()));
  }

  /** Along the last axis that moves, what divides all runs and where they begin. */
  private int together(Shape in, Shape out) {
    int axis = moving() - 1;
    if (axis < 0 || order.get(axis) != axis) {
      return 1;
    }
    int all = RunMap.gcd(in.dim(axis), out.dim(axis));
    int[] from = places[axis];
    for (int i = 0; from != null && i < from.length; i++) {
      if (i == 0 || !continues(from[i - 1], from[i])) {
        all = RunMap.gcd(RunMap.gcd(all, i), Math.max(0, from[i]));
      }
    }
    return all;
  }

  private static boolean continues(int before, int place) {
    return (before == ZERO || place == ZERO) ? before == place : place == before + 1;
  }

  /** For each block of the result, the block of the source that it is, or ZERO. */
  int[] blocks(Shape in, Shape out) {
    int axes = moving();
    int together = together(in, out);
    int[] at = {0};
    for (int axis = 0; axis < axes; axis++) {
      int source = order.get(axis);
      int step = axis == axes - 1 ? together : 1;
      int size = out.dim(axis) / step;
      int stride = Math.toIntExact(in.product(source + 1, axes));
      int[] from = places[axis];
      int[] next = new int[at.length * size];
      for (int i = 0; i < next.length; i++) {
        int place = i % size * step;
        place = from == null ? place : from[place];
        boolean zero = at[i / size] == ZERO || place == ZERO;
        next[i] = zero ? ZERO : at[i / size] + place * stride;
      }
      at = next;
    }
    return IntStream.of(at).map(place -> place == ZERO ? ZERO : place / together).toArray();
  }
}
