package dev.tilewright.tensor;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Dimensions of a tensor, outermost first, each at least 0. A scalar has none.
 *
 * <p>The number of elements always fits a long: a shape that overflows cannot be made.
 */
public record Shape(List<Integer> dims) {
  public static final Shape SCALAR = new Shape(List.of());

  /**
   * @throws IllegalArgumentException if a dimension is negative or the product overflows
   */
  public Shape {
    dims = List.copyOf(dims);
    long elements = 1;
    for (int d : dims) {
      if (d < 0 || (d > 0 && elements > Long.MAX_VALUE / 16 / d)) {
        throw new IllegalArgumentException("impossible shape " + dims);
      }
      elements *= d;
    }
  }

  public static Shape of(Integer... dims) {
    return new Shape(List.of(dims));
  }

  public int rank() {
    return dims.size();
  }

  /** One dimension; negative axes count from the last, as in ONNX. */
  public int dim(int axis) {
    return dims.get(axis < 0 ? axis + rank() : axis);
  }

  /** The same with another size of one axis. */
  public Shape with(int axis, int size) {
    List<Integer> other = new ArrayList<>(dims);
    other.set(axis, size);
    return new Shape(other);
  }

  /** The innermost dimension; 1 for a scalar. */
  public int last() {
    return dims.isEmpty() ? 1 : dims.getLast();
  }

  /** Number of values; 1 for a scalar. */
  public long elements() {
    return product(0, rank());
  }

  /** Product of the dimensions from {@code from} (included) to {@code to} (excluded). */
  public long product(int from, int to) {
    long product = 1;
    for (int i = from; i < to; i++) {
      product *= dims.get(i);
    }
    return product;
  }

  @Override
  public String toString() {
    return dims.stream().map(String::valueOf).collect(Collectors.joining("x", "[", "]"));
  }
}
