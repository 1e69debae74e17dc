package dev.tilewright.pass;

import dev.tilewright.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * Neighbouring dimensions that a reshape merges or splits among themselves.
 *
 * @param from dimensions of the old shape
 * @param to those of the new one that hold the same elements
 */
record ReshapeBlock(List<Integer> from, List<Integer> to) {
  /** The smallest blocks that the reshape consists of, in order. */
  static List<ReshapeBlock> of(Shape from, Shape to) {
    List<ReshapeBlock> blocks = new ArrayList<>();
    int i = 0;
    int j = 0;
    while (i < from.rank() || j < to.rank()) {
      int i0 = i;
      int j0 = j;
      long left = i < from.rank() ? from.dim(i++) : 1;
      long right = j < to.rank() ? to.dim(j++) : 1;
      while (left != right) {
        if (left < right) {
          left *= from.dim(i++);
        } else {
          right *= to.dim(j++);
        }
      }
      blocks.add(new ReshapeBlock(range(i0, i), range(j0, j)));
    }
    return blocks;
  }

  private static List<Integer> range(int from, int to) {
    return IntStream.range(from, to).boxed().toList();
  }

  /** The block without some dimensions of the new shape. */
  ReshapeBlock without(IntPredicate dropped) {
    return new ReshapeBlock(from, to.stream().filter(i -> !dropped.test(i)).toList());
  }

  /** Dimensions of the old shapes of blocks, one block after the other. */
  static List<Integer> allFrom(List<ReshapeBlock> blocks) {
    return blocks.stream().flatMap(b -> b.from.stream()).toList();
  }

  /** Likewise of the new shapes. */
  static List<Integer> allTo(List<ReshapeBlock> blocks) {
    return blocks.stream().flatMap(b -> b.to.stream()).toList();
  }
}
