package dev.tilewright.pass;

import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.BinaryFunction;
import dev.tilewright.graph.Value;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Arithmetic that does nothing goes: x * 1, x / 1, x + 0, x - 0, padding by nothing, a slice of
 * everything, a concatenation of one, a cast to the same type. x ^ 2 becomes x * x, for no machine
 * has a power, and a Gather of one thing a Slice.
 */
final class Simplify implements Pass {
  @Override
  public void rewrite(Rewriter.At at) {
    Value simple =
        switch (at.op()) {
          case Op.Binary(BinaryFunction f) -> binary(at, f);
          case Op.Pad p when isZero(p.before()) && isZero(p.after()) -> at.in(0);
          case Op.Slice s when s.steps().stream().allMatch(step -> step == 1) -> at.in(0);
          case Op.Concat c -> concat(at, c);
          case Op.Cast c -> at.in(0);
          case Op.Expand e -> at.in(0);
          case Op.Reshape r -> at.in(0);
          case Op.Gather(int axis) -> pick(at, axis);
          default -> null;
        };
    if (simple == null || !simple.type().equals(at.node().output().type())) {
      at.keep();
    } else {
      at.replace(simple);
    }
  }

  private static @Nullable Value binary(Rewriter.At at, BinaryFunction f) {
    for (int side = 0; side < 2; side++) {
      Double c = at.scalar(at.in(1 - side));
      boolean either = side == 0; // the constant is on the right
      if (c == null) {
        continue;
      }
      Value x = at.in(side);
      boolean nothing =
          switch (f) {
            case MUL -> c == 1;
            case DIV -> either && c == 1;
            case ADD -> c == 0;
            case SUB -> either && c == 0;
            default -> false;
          };
      if (nothing) {
        return x;
      }
      if (f == BinaryFunction.POW && either && c == 2) {
        return at.emit(new Op.Binary(BinaryFunction.MUL), x, x);
      }
    }
    return null;
  }

  /** Parts without elements go. */
  private static @Nullable Value concat(Rewriter.At at, Op.Concat concat) {
    List<Value> all = IntStream.range(0, at.node().inputs().size()).mapToObj(at::in).toList();
    List<Value> some = all.stream().filter(v -> v.shape().elements() > 0).toList();
    if (some.size() == 1) {
      return some.getFirst();
    }
    return some.size() == all.size() ? null : at.emit(concat, some.toArray(Value[]::new));
  }

  /** Gathering at one known index is a slice, which may need no copy. */
  private static @Nullable Value pick(Rewriter.At at, int axis) {
    Tensor indices = at.constant(at.in(1));
    Shape shape = at.in(0).shape();
    if (indices == null || indices.shape().elements() != 1) {
      return null;
    }
    long index = indices.toLongs()[0];
    index += index < 0 ? shape.dim(axis) : 0;
    if (index < 0 || index >= shape.dim(axis)) {
      return null; // the kernel reports it
    }
    List<Integer> starts = new ArrayList<>(Collections.nCopies(shape.rank(), 0));
    starts.set(axis, (int) index);
    List<Integer> sizes = new ArrayList<>(shape.dims());
    sizes.set(axis, 1);
    Op slice = new Op.Slice(starts, Collections.nCopies(shape.rank(), 1), new Shape(sizes));
    return at.emit(new Op.Reshape(at.node().output().shape()), at.emit(slice, at.in(0)));
  }

  private static boolean isZero(List<Integer> amounts) {
    return amounts.stream().allMatch(a -> a == 0);
  }
}
