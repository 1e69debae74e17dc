package dev.tilewright.cnative;

import dev.tilewright.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A loop nest over several tensors, outermost loop first. Loops of 1 vanish and neighbours that all
 * tensors step through evenly are one, so that the innermost is as long as it can be.
 */
final class Loops {
  /**
   * One loop.
   *
   * @param strides bytes from one step to the next, for each tensor; 0 repeats
   */
  record Loop(long size, long... strides) {
    private boolean continues(Loop outer) {
      for (int i = 0; i < strides.length; i++) {
        if (outer.strides[i] != size * strides[i]) {
          return false;
        }
      }
      return true;
    }
  }

  private Loops() {}

  /**
   * The loops over a shape.
   *
   * @param strides of each tensor, one for every dimension
   */
  static List<Loop> of(Shape shape, long[]... strides) {
    List<Loop> loops = new ArrayList<>();
    for (int i = 0; i < shape.rank(); i++) {
      int dim = i;
      loops.add(new Loop(shape.dim(i), Arrays.stream(strides).mapToLong(s -> s[dim]).toArray()));
    }
    return merge(loops, strides.length);
  }

  /** The same walk in as few loops as it takes; at least one. */
  static List<Loop> merge(List<Loop> loops, int tensors) {
    List<Loop> merged = new ArrayList<>();
    for (Loop loop : loops) {
      if (loop.size == 1) {
        continue;
      }
      if (!merged.isEmpty() && loop.continues(merged.getLast())) {
        Loop outer = merged.removeLast();
        merged.add(new Loop(outer.size * loop.size, loop.strides));
      } else {
        merged.add(loop);
      }
    }
    if (merged.isEmpty()) {
      long[] dense = new long[tensors];
      Arrays.fill(dense, Float.BYTES);
      merged.add(new Loop(1, dense));
    }
    return merged;
  }
}
