package dev.tilewright.vector;

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

  /**
   * Merged loops over tensors of these sizes.
   *
   * @param strides bytes from one element to the next along each dimension, of each operand
   */
  static List<Loop> over(List<Integer> sizes, List<long[]> strides) {
    List<Loop> loops = new ArrayList<>();
    for (int i = 0; i < sizes.size(); i++) {
      int axis = i;
      loops.add(new Loop(sizes.get(i), strides.stream().mapToLong(s -> s[axis]).toArray()));
    }
    return merge(loops);
  }

  /**
   * Whether a kernel of rows can walk these: rows of adjacent floats in operand 0, at least a
   * vector long, in at most two loops.
   */
  static boolean isRows(List<Loop> loops) {
    return !loops.isEmpty()
        && loops.size() <= 3
        && loops.getLast().size >= Lanes.LENGTH
        && loops.getLast().step(0) == 4;
  }

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
}
