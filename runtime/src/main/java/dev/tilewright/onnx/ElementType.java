package dev.tilewright.onnx;

import dev.tilewright.tensor.DType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Element types of the file format, by their code (TensorProto.DataType).
 *
 * <p>Half, bfloat16 and double become float32: the runtime computes in float32, and its users give
 * and get float32.
 */
enum ElementType {
  FLOAT(1, 4, DType.FLOAT32),
  UINT8(2, 1, DType.UINT8),
  INT8(3, 1, DType.INT8),
  UINT16(4, 2, DType.UINT16),
  INT16(5, 2, DType.INT16),
  INT32(6, 4, DType.INT32),
  INT64(7, 8, DType.INT64),
  STRING(8, 0, null),
  BOOL(9, 1, DType.BOOL),
  FLOAT16(10, 2, DType.FLOAT32),
  DOUBLE(11, 8, DType.FLOAT32),
  UINT32(12, 4, DType.UINT32),
  UINT64(13, 8, DType.UINT64),
  COMPLEX64(14, 8, null),
  COMPLEX128(15, 16, null),
  BFLOAT16(16, 2, DType.FLOAT32),
  FLOAT8E4M3FN(17, 1, null),
  FLOAT8E4M3FNUZ(18, 1, null),
  FLOAT8E5M2(19, 1, null),
  FLOAT8E5M2FNUZ(20, 1, null),
  UINT4(21, 0, null),
  INT4(22, 0, null);

  private final int code;
  private final int bytes;
  private final @Nullable DType dtype;

  ElementType(int code, int bytes, @Nullable DType dtype) {
    this.code = code;
    this.bytes = bytes;
    this.dtype = dtype;
  }

  /** The type of a code, or null if we do not compute with it. */
  static @Nullable ElementType supported(long code) {
    for (ElementType type : values()) {
      if (type.code == code && type.dtype != null) {
        return type;
      }
    }
    return null;
  }

  /**
   * The type of a code.
   *
   * @param owner what has the type, for the message
   * @throws ModelFormatException if it is 0, which means not set
   * @throws UnsupportedModelException if we do not compute with it
   */
  static ElementType of(long code, String owner) {
    ElementType type = supported(code);
    if (type != null) {
      return type;
    }
    if (code == 0) {
      throw new ModelFormatException(owner + " has no element type");
    }
    throw new UnsupportedModelException(List.of("element type " + name(code) + " of " + owner));
  }

  /** The code under which a tensor of this type is written. */
  static int code(DType dtype) {
    for (ElementType type : values()) {
      if (type.dtype == dtype) {
        return type.code; // of those that become float32, the first is it
      }
    }
    throw new IllegalStateException(dtype.name());
  }

  static String name(long code) {
    for (ElementType type : values()) {
      if (type.code == code) {
        return type.name();
      }
    }
    return "number " + code;
  }

  /** Size in the file. */
  int bytes() {
    return bytes;
  }

  /** What it becomes here. */
  DType dtype() {
    if (dtype == null) {
      throw new IllegalStateException(name());
    }
    return dtype;
  }
}
