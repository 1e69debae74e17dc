package dev.tilewright.pass;

import dev.tilewright.graph.Node;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Value;
import dev.tilewright.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A Transpose that is left below an input of the model moves up to it, through operators that do
 * not care about the order of dimensions: what several branches transposed is then transposed once
 * (by {@link MergeDuplicates}), and all of them begin at the same image.
 */
final class RaiseTransposes implements Pass {
  @Override
  public void rewrite(Rewriter.At at) {
    Value raised =
        at.op() instanceof Op.Transpose(List<Integer> perm)
            ? raise(at, at.in(0), new Permutation(perm))
            : null;
    if (raised == null) {
      at.keep();
    } else {
      at.replace(raised);
    }
  }

  /** The value transposed, if it comes from an input through such operators alone; else null. */
  private static @Nullable Value raise(Rewriter.At at, Value value, Permutation p) {
    Node node = at.soleProducer(value);
    if (node == null) {
      return at.producer(value) == null && at.constant(value) == null
          ? at.emit(new Op.Transpose(p.order()), value)
          : null;
    }
    int side = 0;
    Op moved = null;
    switch (node.op()) {
      case Op.Activate a -> moved = a;
      case Op.Unary u -> moved = u;
      case Op.Cast c -> moved = c;
      case Op.Pad(Op.PadMode mode, List<Integer> before, List<Integer> after, double v) ->
          moved = new Op.Pad(mode, p.apply(before), p.apply(after), v);
      case Op.Slice(List<Integer> starts, List<Integer> steps, Shape sizes) ->
          moved = new Op.Slice(p.apply(starts), p.apply(steps), p.apply(sizes));
      case Op.Gather(int axis)
          when node.input(1).shape().rank() == 1 && at.constant(node.input(1)) != null ->
          moved = new Op.Gather(p.order().indexOf(axis));
      case Op.Binary b -> {
        side = at.constant(node.input(1)) != null ? 0 : 1;
        moved =
            at.constant(node.input(1 - side)) != null
                    && node.input(side).shape().equals(node.output().shape())
                ? b
                : null;
      }
      default -> {}
    }
    Value x = moved == null ? null : raise(at, node.input(side), p);
    if (x == null || moved == null) {
      return null;
    }
    List<Value> in = new ArrayList<>(node.inputs());
    in.set(side, x);
    if (moved instanceof Op.Binary) {
      in.set(1 - side, transposed(at, node.input(1 - side), p));
    }
    return at.emit(node.name(), moved, in);
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
