package dev.tilewright;

import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A tensor in the model format's own encoding (TensorProto), as the official test data come. Half,
 * bfloat16 and double are rounded to float32, as models are.
 */
final class TensorFile {
  private TensorFile() {}

  /** Code of bfloat16 in TensorProto.DataType. */
  private static final int BFLOAT16 = 16;

  /** Of uint16: the test data state the bits of bfloat16 as such integers. */
  private static final int UINT16 = 4;

  /**
   * A float32 tensor.
   *
   * @throws IOException if the file has another
   */
  static Tensor read(Path file) throws IOException {
    return read(file, DType.FLOAT32);
  }

  /**
   * A tensor of the type that it has in the runtime.
   *
   * @throws IOException if the file has another
   */
  static Tensor read(Path file, DType dtype) throws IOException {
    return read(WireMessage.parse(Files.readAllBytes(file)), dtype, file);
  }

  /**
   * The same of a message, which may be part of a larger one.
   *
   * @param file for messages
   */
  static Tensor read(WireMessage message, DType dtype, Path file) throws IOException {
    Shape shape =
        new Shape(
            message.numbers(1, WireMessage.Width.VARINT).stream().map(Math::toIntExact).toList());
    int stated = (int) message.one(2).value();
    int code = stated == UINT16 && dtype == DType.FLOAT32 ? BFLOAT16 : stated;
    if (dtype(code, file) != dtype) {
      throw new IOException(file + " has elements of type " + code + ", not " + dtype);
    }
    TensorType type = new TensorType(dtype, shape);
    ByteBuffer out =
        ByteBuffer.allocate(Math.toIntExact(type.bytes())).order(ByteOrder.LITTLE_ENDIAN);
    byte[] raw = message.one(9).bytes();
    if (raw.length > 0) {
      ByteBuffer in = ByteBuffer.wrap(raw).order(ByteOrder.LITTLE_ENDIAN);
      while (in.hasRemaining()) {
        put(out, code, next(in, code));
      }
    } else {
      values(message, code).forEach(bits -> put(out, code, bits));
    }
    if (out.hasRemaining()) {
      throw new IOException(file + " has too few values for " + type);
    }
    return new Tensor(type, java.lang.foreign.MemorySegment.ofArray(out.array()));
  }

  /** Codes of TensorProto.DataType. */
  private static DType dtype(int code, Path file) throws IOException {
    return switch (code) {
      case 1, 10, 11, BFLOAT16 -> DType.FLOAT32;
      case 2 -> DType.UINT8;
      case 3 -> DType.INT8;
      case UINT16 -> DType.UINT16;
      case 5 -> DType.INT16;
      case 6 -> DType.INT32;
      case 7 -> DType.INT64;
      case 9 -> DType.BOOL;
      case 12 -> DType.UINT32;
      case 13 -> DType.UINT64;
      default -> throw new IOException("element type " + code + " of " + file);
    };
  }

  /** The bits of the values in the field of their type. */
  private static List<Long> values(WireMessage message, int code) {
    return switch (code) {
      case 1 -> message.numbers(4, WireMessage.Width.FOUR);
      case 7 -> message.numbers(7, WireMessage.Width.VARINT);
      case 11 -> message.numbers(10, WireMessage.Width.EIGHT);
      case 12, 13 -> message.numbers(11, WireMessage.Width.VARINT);
      default -> message.numbers(5, WireMessage.Width.VARINT);
    };
  }

  private static long next(ByteBuffer in, int code) {
    return switch (code) {
      case 2, 3, 9 -> in.get();
      case UINT16, 5, 10, BFLOAT16 -> in.getShort();
      case 7, 11, 13 -> in.getLong();
      default -> in.getInt();
    };
  }

  private static void put(ByteBuffer out, int code, long bits) {
    switch (code) {
      case 1, 6, 12 -> out.putInt((int) bits);
      case UINT16, 5 -> out.putShort((short) bits);
      case 7, 13 -> out.putLong(bits);
      case 10 -> out.putFloat(Float.float16ToFloat((short) bits));
      case 11 -> out.putFloat((float) Double.longBitsToDouble(bits));
      case BFLOAT16 -> out.putInt((int) bits << 16);
      default -> out.put((byte) bits);
    }
  }
}
