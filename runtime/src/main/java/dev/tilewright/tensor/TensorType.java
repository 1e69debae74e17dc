package dev.tilewright.tensor;

/** Element type and shape: all that can be known of a tensor without its values. */
public record TensorType(DType dtype, Shape shape) {
  public static TensorType floats(Shape shape) {
    return new TensorType(DType.FLOAT32, shape);
  }

  /** Size of a dense tensor of this type in bytes. */
  public long bytes() {
    return shape.elements() * dtype.bytes();
  }

  @Override
  public String toString() {
    return dtype.name().toLowerCase(java.util.Locale.ROOT) + shape;
  }
}
