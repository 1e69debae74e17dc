package dev.tilewright.onnx;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads a TensorProto in two walks: the first learns shape and type and counts the values, the
 * second, only if the counts agree, stores them. Raw data of a type we compute with is not copied.
 */
final class TensorReader {
  private static final ValueLayout.OfDouble DOUBLE_LE =
      ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final ProtoReader message;
  private final ExternalData files;
  private final Map<String, String> external = new HashMap<>();
  private final List<Integer> dims = new ArrayList<>();
  private String name = "";
  private long code;
  private @Nullable MemorySegment raw;

  /** Values in float_data, int32_data, int64_data, double_data. */
  private long typed;

  private long next;

  private TensorReader(ProtoReader message, ExternalData files) {
    this.message = message;
    this.files = files;
  }

  /** A tensor and the name it has in the file. */
  record Named(String name, Tensor tensor) {}

  static Named read(ProtoReader message, ExternalData files) {
    return new TensorReader(message, files).read();
  }

  private Named read() {
    ProtoReader in = message;
    boolean elsewhere = false;
    while (in.next()) {
      switch (in.field()) {
        case 1 -> in.integers(d -> dims.add(dimension(in, d)));
        case 2 -> code = in.integer();
        case 3 -> throw in.malformed("a tensor in segments");
        case 4 -> in.floats(v -> typed++);
        case 5, 7, 11 -> in.integers(v -> typed++);
        case 8 -> name = in.string(Limits.NAME_BYTES);
        case 9 -> raw = in.bytes();
        case 10 -> in.doubles(v -> typed++);
        case 13 -> ExternalData.entry(in.message(), external);
        case 14 -> elsewhere = in.integer() != 0;
        default -> in.skip();
      }
    }
    if (elsewhere || !external.isEmpty()) {
      if (raw != null || typed > 0) {
        throw bad("has both external data and its own", null);
      }
      raw = files.bytes(name, external);
    }
    ElementType type = ElementType.of(code, "tensor '" + name + "'");
    Shape shape;
    try {
      shape = new Shape(dims);
    } catch (IllegalArgumentException e) {
      throw bad(String.valueOf(e.getMessage()), e);
    }
    if (raw != null && typed > 0) {
      throw bad("has both raw and typed data", null);
    }
    return new Named(name, raw == null ? typed(type, shape) : raw(type, shape, raw));
  }

  private int dimension(ProtoReader in, long d) {
    if (d < 0 || d > Integer.MAX_VALUE) {
      throw in.malformed("tensor '" + name + "' has a dimension of " + d);
    }
    if (dims.size() == Limits.RANK) {
      throw in.malformed("tensor '" + name + "' has more than " + Limits.RANK + " dimensions");
    }
    in.budget().object(in);
    return (int) d;
  }

  private Tensor raw(ElementType type, Shape shape, MemorySegment data) {
    long elements = shape.elements();
    // Elements are below 2^59 (Shape), so a product of at most 16 bytes each does not overflow.
    if (data.byteSize() != elements * type.bytes()) {
      throw bad(
          shape
              + " of "
              + type
              + " needs "
              + elements * type.bytes()
              + " bytes, has "
              + data.byteSize(),
          null);
    }
    TensorType to = new TensorType(type.dtype(), shape);
    return switch (type) {
      case FLOAT, UINT8, INT8, UINT16, INT16, UINT32, UINT64, INT32, INT64 -> new Tensor(to, data);
      case BOOL -> {
        MemorySegment out = allocate(to);
        for (long i = 0; i < elements; i++) {
          out.set(JAVA_BYTE, i, (byte) (data.get(JAVA_BYTE, i) == 0 ? 0 : 1));
        }
        yield new Tensor(to, out);
      }
      default -> {
        MemorySegment out = allocate(to);
        for (long i = 0; i < elements; i++) {
          float value =
              type == ElementType.DOUBLE
                  ? (float) data.get(DOUBLE_LE, i * 8)
                  : widen(type, data.get(JAVA_SHORT_UNALIGNED, i * 2));
          out.set(JAVA_FLOAT_UNALIGNED, i * 4, value);
        }
        yield new Tensor(to, out);
      }
    };
  }

  private Tensor typed(ElementType type, Shape shape) {
    if (typed != shape.elements()) {
      throw bad(shape + " needs " + shape.elements() + " values, has " + typed, null);
    }
    TensorType to = new TensorType(type.dtype(), shape);
    MemorySegment out = allocate(to);
    int expected =
        switch (type) {
          case FLOAT -> 4;
          case INT64 -> 7;
          case DOUBLE -> 10;
          case UINT32, UINT64 -> 11;
          default -> 5;
        };
    ProtoReader in = message.again();
    while (in.next()) {
      switch (in.field()) {
        case 4 ->
            in.floats(v -> out.setAtIndex(JAVA_FLOAT_UNALIGNED, index(4, expected), (float) v));
        case 5 -> in.integers(v -> store(type, out, index(5, expected), (int) v));
        case 7 -> in.integers(v -> out.setAtIndex(JAVA_LONG_UNALIGNED, index(7, expected), v));
        case 10 ->
            in.doubles(v -> out.setAtIndex(JAVA_FLOAT_UNALIGNED, index(10, expected), (float) v));
        case 11 -> in.integers(v -> unsigned(type, out, index(11, expected), v));
        default -> in.skip();
      }
    }
    return new Tensor(to, out);
  }

  private long index(int field, int expected) {
    if (field != expected) {
      throw bad("its values are in the field of another type", null);
    }
    return next++;
  }

  private static void unsigned(ElementType type, MemorySegment out, long i, long value) {
    if (type == ElementType.UINT64) {
      out.setAtIndex(JAVA_LONG_UNALIGNED, i, value);
    } else {
      out.setAtIndex(JAVA_INT_UNALIGNED, i, (int) value);
    }
  }

  /** int32_data also carries the narrow types; half and bfloat16 as their bits. */
  private static void store(ElementType type, MemorySegment out, long i, int value) {
    switch (type.dtype()) {
      case INT32 -> out.setAtIndex(JAVA_INT_UNALIGNED, i, value);
      case UINT16, INT16 -> out.setAtIndex(JAVA_SHORT_UNALIGNED, i, (short) value);
      case BOOL -> out.set(JAVA_BYTE, i, (byte) (value == 0 ? 0 : 1));
      case FLOAT32 -> out.setAtIndex(JAVA_FLOAT_UNALIGNED, i, widen(type, (short) value));
      default -> out.set(JAVA_BYTE, i, (byte) value);
    }
  }

  private static float widen(ElementType type, short bits) {
    return type == ElementType.BFLOAT16
        ? Float.intBitsToFloat(bits << 16)
        : Float.float16ToFloat(bits);
  }

  /** Only after the number of elements was compared with the data that is there. */
  private MemorySegment allocate(TensorType type) {
    if (type.bytes() > Integer.MAX_VALUE - 8) {
      throw bad("larger than 2 GiB", null);
    }
    message.budget().converted(name, type.bytes());
    return MemorySegment.ofArray(new byte[(int) type.bytes()]);
  }

  private ModelFormatException bad(String what, @Nullable Throwable cause) {
    ModelFormatException e = new ModelFormatException("tensor '" + name + "': " + what);
    if (cause != null) {
      e.initCause(cause);
    }
    return e;
  }
}
