package dev.tilewright.tensor;

/**
 * A tensor in native memory as kernels see it: rows of the innermost dimension, {@code rowStride}
 * elements apart. A channel slice of a wider channels-last tensor is a view with a larger stride.
 *
 * @param address of the first element; 64-byte aligned unless the view is a slice
 * @param type element type and shape
 * @param rowStride elements from one row to the next; at least {@code type.shape().last()}
 */
public record View(long address, TensorType type, long rowStride) {
  public static View dense(long address, TensorType type) {
    return new View(address, type, type.shape().last());
  }

  public Shape shape() {
    return type.shape();
  }

  /** Elements in a row. */
  public int columns() {
    return type.shape().last();
  }

  /** Number of rows: the product of all dimensions but the innermost. */
  public long rows() {
    return type.shape().product(0, Math.max(0, type.shape().rank() - 1));
  }

  /** Whether rows follow each other without a gap. */
  public boolean isDense() {
    return rowStride == columns() || rows() <= 1;
  }

  /** Address of an element of floats. */
  public long at(long row, long column) {
    return address + 4 * (row * rowStride + column);
  }

  /** Bytes from one element to the next along each dimension. */
  public long[] strides() {
    long[] strides = new long[shape().rank()];
    long step = type.dtype().bytes();
    for (int i = strides.length - 1; i >= 0; i--) {
      strides[i] = step;
      step *= i == strides.length - 1 ? rowStride : shape().dim(i);
    }
    return strides;
  }

  /** The same for the view repeated to a shape that it broadcasts to: 0 where it repeats. */
  public long[] strides(Shape to) {
    long[] own = strides();
    long[] strides = new long[to.rank()];
    int missing = to.rank() - own.length;
    for (int i = 0; i < own.length; i++) {
      strides[missing + i] = shape().dim(i) == 1 ? 0 : own[i];
    }
    return strides;
  }
}
