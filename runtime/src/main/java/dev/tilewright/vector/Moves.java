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
          long[] steps = Nest.steps(operands.in().getFirst());
          long[] permuted = perm.stream().mapToLong(i -> steps[i]).toArray();
          return copy(operands.out().getFirst(), operands.in().getFirst().address(), permuted);
        };
    return movable(problem) ? Optional.of(kernel) : Optional.empty();
  }

  static Optional<Kernel> slice(OpProblem problem, Op.Slice slice) {
    Strided kernel =
        operands -> {
          View src = operands.in().getFirst();
          long[] steps = Nest.steps(src);
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
    Strided kernel = operands -> new Sequence(concatenation(operands, axis));
    return movable(problem) ? Optional.of(kernel) : Optional.empty();
  }

  private static List<Task> concatenation(Operands operands, int axis) {
    View dst = operands.out().getFirst();
    long[] to = Nest.steps(dst);
    long at = dst.address();
    List<Task> copies = new ArrayList<>();
    for (View src : operands.in()) {
      if (src.shape().elements() > 0) {
        long[] from = Nest.steps(src);
        List<Loop> loops = new ArrayList<>();
        for (int i = 0; i < to.length; i++) {
          loops.add(new Loop(src.shape().dim(i), to[i], from[i]));
        }
        copies.add(StridedCopy.task(Nest.merge(loops), src.address(), at));
      }
      at += src.shape().dim(axis) * to[axis];
    }
    return copies;
  }

  /** Reads src by these steps, writes dst in order. */
  private static Task copy(View dst, long src, long[] from) {
    long[] to = Nest.steps(dst);
    List<Loop> loops = new ArrayList<>();
    for (int i = 0; i < to.length; i++) {
      loops.add(new Loop(dst.shape().dim(i), to[i], from[i]));
    }
    return StridedCopy.task(Nest.merge(loops), src, dst.address());
  }

  /** Independent tasks as one: their parts, one after the other. */
  private static final class Sequence implements Task {
    private final Task[] tasks;

    /** Part number at which each task starts, and the end of the last. */
    private final int[] starts;

    Sequence(List<Task> tasks) {
      this.tasks = tasks.toArray(Task[]::new);
      this.starts = new int[this.tasks.length + 1];
      for (int i = 0; i < this.tasks.length; i++) {
        starts[i + 1] = starts[i] + this.tasks[i].parts();
      }
    }

    @Override
    public int parts() {
      return starts[tasks.length];
    }

    @Override
    public void run(int from, int to, int worker) {
      for (int i = 0; i < tasks.length; i++) {
        int first = Math.max(from, starts[i]);
        int end = Math.min(to, starts[i + 1]);
        if (first < end) {
          tasks[i].run(first - starts[i], end - starts[i], worker);
        }
      }
    }
  }
}
