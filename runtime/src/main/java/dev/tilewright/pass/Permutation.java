package dev.tilewright.pass;

import dev.tilewright.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * An order of dimensions: dimension i of the result is dimension {@code order(i)} of the source.
 */
record Permutation(List<Integer> order) {
  Permutation {
    order = List.copyOf(order);
  }

  static Permutation identity(int rank) {
    return new Permutation(IntStream.range(0, rank).boxed().toList());
  }

  int rank() {
    return order.size();
  }

  boolean isIdentity() {
    return order.equals(identity(rank()).order);
  }

  Permutation inverse() {
    Integer[] inverse = new Integer[rank()];
    for (int i = 0; i < inverse.length; i++) {
      inverse[order.get(i)] = i;
    }
    return new Permutation(List.of(inverse));
  }

  /** First this, then {@code next}. */
  Permutation then(Permutation next) {
    return new Permutation(next.order.stream().map(order::get).toList());
  }

  /** {@code items} are per dimension of the source; the answer per dimension of the result. */
  <T> List<T> apply(List<T> items) {
    return order.stream().map(items::get).toList();
  }

  Shape apply(Shape shape) {
    return new Shape(apply(shape.dims()));
  }

  /** Whether permuting a tensor of this shape leaves its elements in the same order in memory. */
  boolean movesOnlyUnitDims(Shape source) {
    List<Integer> moved = order.stream().filter(d -> source.dim(d) != 1).toList();
    return moved.equals(moved.stream().sorted().toList());
  }

  /** What remains when dimensions of the source are dropped (given by index in the source). */
  Permutation without(List<Integer> dropped) {
    List<Integer> left = new ArrayList<>(order);
    left.removeAll(dropped);
    List<Integer> sorted = left.stream().sorted().toList();
    return new Permutation(left.stream().map(sorted::indexOf).toList());
  }
}
