package dev.tilewright.pass;

import dev.tilewright.graph.Node;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Value;
import dev.tilewright.op.LinearTaps;
import dev.tilewright.tensor.Shape;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A Transpose that is left below an input of the model moves up to it, through operators that do
 * not care about the order of dimensions: what several branches transposed is then transposed once
 * (by {@link MergeDuplicates}), and all of them begin at the same image. One that meets its inverse
 * on the way vanishes with it: so does a nearest resize by itself stay [N, C, H, W].
 */
final class RaiseTransposes implements Pass {
  @Override
  public boolean looksFor(Op op) {
    return op instanceof Op.Transpose;
  }

  @Override
  public void rewrite(Rewriter.At at) {
    Value raised =
        at.op() instanceof Op.Transpose(List<Integer> perm)
            ? raise(at, at.in(0), new Permutation(perm))
            : null;
    at.replaceOrKeep(raised);
  }

  /** An operator on the way up, which is to work on what {@code side} of it is, transposed. */
  private record Passed(Node node, Op moved, int side) {}

  /**
   * The value transposed, if it comes from an input, or from what it was before the inverse moved
   * it, through such operators alone; else null.
   */
  private static @Nullable Value raise(Rewriter.At at, Value value, Permutation p) {
    Deque<Passed> way = new ArrayDeque<>(); // from the input on
    Value x = value;
    for (Node node = at.soleProducer(x); node != null; node = at.soleProducer(x)) {
      if (node.op() instanceof Op.Transpose) {
        break;
      }
      Passed passed = passed(at, node, p);
      if (passed == null) {
        return null;
      }
      way.push(passed);
      x = node.input(passed.side);
    }
    Value met = beforeInverse(at, x, p);
    if (met == null && (at.producer(x) != null || at.constant(x) != null)) {
      return null;
    }
    // Towards an input a resize may have the smaller side below it; a pad has whole rows to move
    // while channels are last.
    Class<? extends Op> stops = met == null ? Op.Resize.class : Op.Pad.class;
    if (way.stream().anyMatch(w -> stops.isInstance(w.moved))) {
      return null;
    }
    x = met == null ? at.emit(new Op.Transpose(p.order()), x) : met;
    for (Passed passed : way) {
      List<Value> in = new ArrayList<>(passed.node.inputs());
      in.set(passed.side, x);
      if (passed.moved instanceof Op.Binary) {
        in.set(1 - passed.side, transposed(at, in.get(1 - passed.side), p));
      }
      x = at.emit(passed.node.name(), passed.moved, in);
    }
    return x;
  }

  /** What the inverse of a permutation made the value of, others reading it or not; else null. */
  private static @Nullable Value beforeInverse(Rewriter.At at, Value value, Permutation p) {
    Node node = at.producer(value);
    return node != null
            && node.op() instanceof Op.Transpose(List<Integer> perm)
            && new Permutation(perm).then(p).isIdentity()
        ? node.input(0)
        : null;
  }

  /** How an operator works on a transposed image, or null if it cares. */
  private static @Nullable Passed passed(Rewriter.At at, Node node, Permutation p) {
    return switch (node.op()) {
      case Op.Activate a -> new Passed(node, a, 0);
      case Op.Unary u -> new Passed(node, u, 0);
      case Op.Cast c -> new Passed(node, c, 0);
      case Op.Pad(Op.PadMode mode, List<Integer> before, List<Integer> after, double v) ->
          new Passed(node, new Op.Pad(mode, p.apply(before), p.apply(after), v), 0);
      case Op.Slice(List<Integer> starts, List<Integer> steps, Shape sizes) ->
          new Passed(node, new Op.Slice(p.apply(starts), p.apply(steps), p.apply(sizes)), 0);
      case Op.Resize r -> resized(node, r, p);
      case Op.Gather(int axis)
          when node.input(1).shape().rank() == 1 && at.constant(node.input(1)) != null ->
          new Passed(node, new Op.Gather(p.order().indexOf(axis)), 0);
      case Op.Binary b -> {
        int side = at.constant(node.input(1)) != null ? 0 : 1;
        yield at.constant(node.input(1 - side)) != null
                && node.input(side).shape().equals(node.output().shape())
            ? new Passed(node, b, side)
            : null;
      }
      default -> null;
    };
  }

  /** Only what has kernels in both orders. */
  private static @Nullable Passed resized(Node node, Op.Resize r, Permutation p) {
    Op.Resize moved =
        new Op.Resize(
            r.interpolation(),
            r.transform(),
            r.nearest(),
            r.cubicA(),
            p.apply(r.scales()),
            p.apply(r.sizes()));
    return r.interpolation() == Op.Interpolation.NEAREST
            && LinearTaps.firstOfTwo(moved, p.apply(node.input(0).shape())).isPresent()
        ? new Passed(node, moved, 0)
        : null;
  }

  private static Value transposed(Rewriter.At at, Value constant, Permutation p) {
    List<Integer> dims = new ArrayList<>(constant.shape().dims());
    while (dims.size() < p.rank()) {
      dims.addFirst(1);
    }
    Value full = at.emit(new Op.Reshape(new Shape(dims)), constant);
    return at.emit(new Op.Transpose(p.order()), full);
  }
}
