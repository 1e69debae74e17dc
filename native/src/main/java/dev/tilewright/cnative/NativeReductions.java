package dev.tilewright.cnative;

import dev.tilewright.cnative.Loops.Loop;
import dev.tilewright.cnative.NativeOperators.Binder;
import dev.tilewright.cnative.NativeOperators.Prepared;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.ReduceKind;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.op.AxisGeometry;
import dev.tilewright.op.OpProblem;
import dev.tilewright.tensor.View;
import java.util.List;
import java.util.Optional;

/** Reductions in C: one, or a sum or mean and a maximum of the same tensor. */
final class NativeReductions {
  private NativeReductions() {}

  /** Neighbouring axes only; rows may be strided if exactly they are what stays together. */
  static Optional<Kernel> of(OpProblem problem, List<Op.Reduce> each, Isa limit) {
    int code = code(each.stream().map(Op.Reduce::kind).toList());
    if (code < 0) {
      return Optional.empty();
    }
    return AxisGeometry.of(problem.in().getFirst().shape(), each.getFirst().axes())
        .map(g -> new Prepared(binder(g, code), g.innerIsRow(), 0, limit));
  }

  private static Binder binder(AxisGeometry g, int code) {
    return (operands, isa) -> {
      View src = operands.in().getFirst();
      View dst = operands.out().getFirst();
      View second = operands.out().getLast();
      long step = g.step(src);
      return new OperatorArguments("reduce", code, isa, operands.arena())
          .tensors(dst.address(), src.address())
          .extra(second.address(), g.step(second))
          .loops(
              List.of(
                  new Loop(g.outer(), g.step(dst), step * g.along()),
                  new Loop(g.along(), 0, step),
                  new Loop(g.inner(), 4, 4)))
          .bind();
    };
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
