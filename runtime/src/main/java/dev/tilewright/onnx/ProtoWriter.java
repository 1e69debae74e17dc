package dev.tilewright.onnx;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * One protobuf message under construction (protobuf.dev/programming-guides/encoding), the
 * counterpart of {@link ProtoReader}. Large values are not copied until {@link #toBytes}, however
 * deep the message they are in. For one thread.
 */
final class ProtoWriter {
  private static final int VARINT = 0;
  private static final int LENGTH = 2;
  private static final int FIXED32 = 5;

  private final List<MemorySegment> parts = new ArrayList<>();
  private long size;

  /** Bytes of the message. */
  long size() {
    return size;
  }

  /** An integer, enum or bool field. */
  ProtoWriter integer(int field, long value) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    varint(out, ((long) field << 3) | VARINT);
    varint(out, value);
    return append(out);
  }

  ProtoWriter float32(int field, float value) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    varint(out, ((long) field << 3) | FIXED32);
    int bits = Float.floatToRawIntBits(value);
    for (int shift = 0; shift < 32; shift += 8) {
      out.write(bits >>> shift);
    }
    return append(out);
  }

  /** A field of bytes, which must not change until the message is complete. */
  ProtoWriter bytes(int field, MemorySegment bytes) {
    header(field, bytes.byteSize());
    parts.add(bytes);
    size += bytes.byteSize();
    return this;
  }

  ProtoWriter string(int field, String text) {
    return bytes(field, MemorySegment.ofArray(text.getBytes(UTF_8)));
  }

  /** A field that is a message, complete as it is now. */
  ProtoWriter message(int field, ProtoWriter message) {
    header(field, message.size);
    parts.addAll(message.parts);
    size += message.size;
    return this;
  }

  /** The message. Its size must be that of an array. */
  byte[] toBytes() {
    byte[] bytes = new byte[Math.toIntExact(size)];
    MemorySegment all = MemorySegment.ofArray(bytes);
    long at = 0;
    for (MemorySegment part : parts) {
      MemorySegment.copy(part, 0, all, at, part.byteSize());
      at += part.byteSize();
    }
    return bytes;
  }

  private void header(int field, long length) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    varint(out, ((long) field << 3) | LENGTH);
    varint(out, length);
    append(out);
  }

  private ProtoWriter append(ByteArrayOutputStream out) {
    parts.add(MemorySegment.ofArray(out.toByteArray()));
    size += out.size();
    return this;
  }

  private static void varint(ByteArrayOutputStream out, long value) {
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      out.write((int) ((rest & 0x7f) | 0x80));
      rest >>>= 7;
    }
    out.write((int) rest);
  }
}
