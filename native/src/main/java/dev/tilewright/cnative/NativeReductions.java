package dev.tilewright.cnative;

import dev.tilewright.cnative.Loops.Loop;
import dev.tilewright.cnative.NativeOperators.Binder;
import dev.tilewright.cnative.NativeOperators.Prepared;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.ReduceKind;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.op.OpProblem;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.View;
import java.util.List;
import java.util.Optional;

/** Reductions in C: one, or a sum or mean and a maximum of the same tensor. */
final class NativeReductions {
  private NativeReductions() {}

  /** Neighbouring axes only; rows may be strided if exactly they are what stays together. */
  static Optional<Kernel> of(OpProblem problem, List<Op.Reduce> each, Isa limit) {
    Shape shape = problem.in().getFirst().shape();
    List<Integer> axes = each.getFirst().axes().stream().distinct().sorted().toList();
    int code = code(each.stream().map(Op.Reduce::kind).toList());
    if (code < 0
        || axes.isEmpty()
        || axes.getLast() - axes.getFirst() != axes.size() - 1
        || shape.elements() == 0) {
      return Optional.empty();
    }
    long outer = shape.product(0, axes.getFirst());
    long inner = shape.product(axes.getLast() + 1, shape.rank());
    long reduced = shape.elements() / outer / inner;
    boolean innerIsRow = axes.getLast() == shape.rank() - 2;
    Binder binder =
        (operands, isa) -> {
          View src = operands.in().getFirst();
          View dst = operands.out().getFirst();
          View second = operands.out().getLast();
          long step = innerIsRow ? src.rowStride() : inner;
          return new OperatorArguments("reduce", code, isa, operands.arena())
              .tensors(dst.address(), src.address())
              .extra(second.address(), 4 * (innerIsRow ? second.rowStride() : inner))
              .loops(
                  List.of(
                      new Loop(
                          outer, 4 * (innerIsRow ? dst.rowStride() : inner), 4 * step * reduced),
                      new Loop(reduced, 0, 4 * step),
                      new Loop(inner, 4, 4)))
              .bind();
        };
    return Optional.of(new Prepared(binder, innerIsRow, 0, limit));
  }

  /** As {@code op_reduce.h} numbers them; negative if it does not. */
  private static int code(List<ReduceKind> kinds) {
    if (kinds.size() == 1) {
      return switch (kinds.getFirst()) {
        case SUM -> 0;
        case MEAN -> 1;
        case MAX -> 2;
        case MIN, PROD -> -1;
      };
    }
    if (kinds.equals(List.of(ReduceKind.SUM, ReduceKind.MAX))) {
      return 3;
    }
    return kinds.equals(List.of(ReduceKind.MEAN, ReduceKind.MAX)) ? 4 : -1;
  }
}
