package dev.tilewright.onnx;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;

/** Writes the protobuf wire format, well-formed or not. */
public final class OnnxBytes {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  OnnxBytes raw(int... bytes) {
    for (int b : bytes) {
      out.write(b);
    }
    return this;
  }

  OnnxBytes number(long value) {
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      out.write((int) ((rest & 0x7f) | 0x80));
      rest >>>= 7;
    }
    return raw((int) rest);
  }

  OnnxBytes integer(int field, long value) {
    return number((long) field << 3).number(value);
  }

  OnnxBytes real(int field, float value) {
    return number(((long) field << 3) | 5).fixed32(value);
  }

  OnnxBytes fixed32(float value) {
    int bits = Float.floatToRawIntBits(value);
    return raw(bits & 255, (bits >> 8) & 255, (bits >> 16) & 255, bits >>> 24);
  }

  OnnxBytes bytes(int field, byte[] value) {
    number(((long) field << 3) | 2).number(value.length);
    out.writeBytes(value);
    return this;
  }

  OnnxBytes text(int field, String value) {
    return bytes(field, value.getBytes(UTF_8));
  }

  OnnxBytes message(int field, OnnxBytes value) {
    return bytes(field, value.toBytes());
  }

  byte[] toBytes() {
    return out.toByteArray();
  }

  MemorySegment segment() {
    return MemorySegment.ofArray(toBytes());
  }
}
