package dev.tilewright.tensor;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Values in memory that someone else owns: dense, row major, little endian, any alignment.
 *
 * <p>Equality is identity of the memory, not of the values: tensors are large.
 *
 * @param type element type and shape
 * @param data exactly {@code type.bytes()} bytes
 */
public record Tensor(TensorType type, MemorySegment data) {
  /**
   * @throws IllegalArgumentException if the data has another size than the type needs
   */
  public Tensor {
    if (data.byteSize() != type.bytes()) {
      throw new IllegalArgumentException(
          type + " needs " + type.bytes() + " bytes, got " + data.byteSize());
    }
  }

  /** A float32 tensor over the array, which is not copied. */
  public static Tensor of(Shape shape, float... values) {
    return new Tensor(TensorType.floats(shape), MemorySegment.ofArray(values));
  }

  /** An int64 tensor over the array, which is not copied. */
  public static Tensor of(Shape shape, long... values) {
    return new Tensor(new TensorType(DType.INT64, shape), MemorySegment.ofArray(values));
  }

  /** By the memory, as equality is. */
  @Override
  public int hashCode() {
    return data.hashCode();
  }

  /**
   * A tensor without elements.
   *
   * @throws IllegalArgumentException if the type has some
   */
  public static Tensor empty(TensorType type) {
    return new Tensor(type, MemorySegment.ofArray(new byte[0]));
  }

  public Shape shape() {
    return type.shape();
  }

  public DType dtype() {
    return type.dtype();
  }

  /** The same values in native memory, 64-byte aligned; at least 64 bytes of it. */
  public Tensor copy(Arena arena) {
    MemorySegment memory = arena.allocate(Math.max(64, type.bytes()), 64);
    return new Tensor(type, memory.asSlice(0, type.bytes()).copyFrom(data));
  }

  /**
   * A copy of the values.
   *
   * @throws IllegalStateException if this is not a float32 tensor
   */
  public float[] toFloats() {
    if (dtype() != DType.FLOAT32) {
      throw new IllegalStateException("not float32: " + type);
    }
    return data.toArray(JAVA_FLOAT_UNALIGNED);
  }

  /**
   * A copy of the values of an integer or boolean tensor. Of uint64 they are the bits: what is
   * negative here is more than {@link Long#MAX_VALUE} there ({@link Long#toUnsignedString}).
   *
   * @throws IllegalStateException if this is a float tensor
   */
  public long[] toLongs() {
    long[] values = new long[Math.toIntExact(shape().elements())];
    for (int i = 0; i < values.length; i++) {
      values[i] =
          switch (dtype()) {
            case INT64, UINT64 -> data.getAtIndex(JAVA_LONG_UNALIGNED, i);
            case INT32 -> data.getAtIndex(JAVA_INT_UNALIGNED, i);
            case BOOL, INT8 -> data.get(JAVA_BYTE, i);
            case UINT8 -> data.get(JAVA_BYTE, i) & 0xff;
            case INT16 -> data.getAtIndex(JAVA_SHORT_UNALIGNED, i);
            case UINT16 -> data.getAtIndex(JAVA_SHORT_UNALIGNED, i) & 0xffff;
            case UINT32 -> data.getAtIndex(JAVA_INT_UNALIGNED, i) & 0xffff_ffffL;
            case FLOAT32 -> throw new IllegalStateException("not an integer tensor: " + type);
          };
    }
    return values;
  }

  /** The same values under another shape. */
  public Tensor reshape(Shape shape) {
    return new Tensor(new TensorType(dtype(), shape), data);
  }
}
