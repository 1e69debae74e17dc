package dev.tilewright.vector;

import dev.tilewright.graph.Op;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.op.OpProblem;
import dev.tilewright.tensor.View;
import dev.tilewright.vector.Nest.Loop;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The operators that only move values, as strided copies of any 4-byte type. */
final class Moves {
  private Moves() {}

  /** A kernel whose tensors may all be strided. */
  @FunctionalInterface
  private interface Strided extends Kernel {
    @Override
    default boolean acceptsStridedRows() {
      return true;
    }
  }

  private static boolean movable(OpProblem problem) {
    return problem.out().getFirst().dtype().bytes() == 4
        && problem.out().getFirst().shape().elements() > 0;
  }

  static Optional<Kernel> transpose(OpProblem problem, List<Integer> perm) {
    Strided kernel =
        operands -> {
          long[] steps = operands.in().getFirst().strides();
          long[] permuted = perm.stream().mapToLong(i -> steps[i]).toArray();
          return copy(operands.out().getFirst(), operands.in().getFirst().address(), permuted);
        };
    return movable(problem) ? Optional.of(kernel) : Optional.empty();
  }

  static Optional<Kernel> slice(OpProblem problem, Op.Slice slice) {
    Strided kernel =
        operands -> {
          View src = operands.in().getFirst();
          long[] steps = src.strides();
          long first = src.address();
          for (int i = 0; i < steps.length; i++) {
            first += slice.starts().get(i) * steps[i];
            steps[i] *= slice.steps().get(i);
          }
          return copy(operands.out().getFirst(), first, steps);
        };
    return movable(problem) ? Optional.of(kernel) : Optional.empty();
  }

  static Optional<Kernel> concat(OpProblem problem, int axis) {
    Strided kernel = operands -> Task.joined(concatenation(operands, axis));
    return movable(problem) ? Optional.of(kernel) : Optional.empty();
  }

  private static List<Task> concatenation(Operands operands, int axis) {
    View dst = operands.out().getFirst();
    long[] to = dst.strides();
    long at = dst.address();
    List<Task> copies = new ArrayList<>();
    for (View src : operands.in()) {
      if (src.shape().elements() > 0) {
        List<Loop> loops = Nest.over(src.shape().dims(), List.of(to, src.strides()));
        copies.add(StridedCopy.task(loops, src.address(), at));
      }
      at += src.shape().dim(axis) * to[axis];
    }
    return copies;
  }

  /** Reads src by these steps, writes dst in order. */
  private static Task copy(View dst, long src, long[] from) {
    List<Loop> loops = Nest.over(dst.shape().dims(), List.of(dst.strides(), from));
    return StridedCopy.task(loops, src, dst.address());
  }
}
