package dev.tilewright.vector;

import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.View;
import java.util.ArrayList;
import java.util.List;

/**
 * Loops over a tensor, outermost first, with the distance in bytes that each operand moves when a
 * loop steps. Loops of one step are gone, and neighbours that walk every operand as one longer loop
 * would are merged: most operators come down to two or three loops.
 */
final class Nest {
  /** One loop: {@code step[i]} are the bytes operand i moves by. */
  static final class Loop {
    final long size;
    private final long[] step;

    Loop(long size, long... step) {
      this.size = size;
      this.step = step;
    }

    long step(int operand) {
      return step[operand];
    }

    private boolean continues(Loop inner) {
      for (int i = 0; i < step.length; i++) {
        if (step[i] != inner.step[i] * inner.size) {
          return false;
        }
      }
      return true;
    }
  }

  private Nest() {}

  /** Merged loops; empty if there is one element. */
  static List<Loop> merge(List<Loop> loops) {
    List<Loop> merged = new ArrayList<>();
    for (Loop loop : loops) {
      if (loop.size == 1) {
        continue;
      }
      if (!merged.isEmpty() && merged.getLast().continues(loop)) {
        Loop outer = merged.removeLast();
        merged.add(new Loop(outer.size * loop.size, loop.step));
      } else {
        merged.add(loop);
      }
    }
    return merged;
  }

  /** Bytes from one element of the view to the next along each axis. */
  static long[] steps(View view) {
    Shape shape = view.shape();
    long[] steps = new long[shape.rank()];
    long step = 4 * view.rowStride();
    for (int i = shape.rank() - 2; i >= 0; i--) {
      steps[i] = step;
      step *= shape.dim(i);
    }
    if (steps.length > 0) {
      steps[steps.length - 1] = 4;
    }
    return steps;
  }

  /** Steps of a view that is broadcast to a shape: 0 where it is repeated. */
  static long[] steps(View view, Shape to) {
    long[] own = steps(view);
    long[] steps = new long[to.rank()];
    int missing = to.rank() - own.length;
    for (int i = 0; i < own.length; i++) {
      steps[missing + i] = view.shape().dim(i) == 1 ? 0 : own[i];
    }
    return steps;
  }
}
