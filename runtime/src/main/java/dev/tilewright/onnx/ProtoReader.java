package dev.tilewright.onnx;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.util.function.DoubleConsumer;
import java.util.function.LongConsumer;

/**
 * Walks the fields of one protobuf message (protobuf.dev/programming-guides/encoding), without
 * trusting a byte of it: every length is checked against what is left before it is used, nothing is
 * allocated by a length the file states, and every defect is a {@link ModelFormatException} with
 * the byte offset where it was found.
 *
 * <pre>{@code
 * while (in.next()) {
 *   switch (in.field()) {
 *     case 1 -> name = in.string(limit);
 *     default -> in.skip();
 *   }
 * }
 * }</pre>
 *
 * <p>Every field must be read or skipped before the next. For one thread.
 */
final class ProtoReader {
  /** Messages inside messages: about ten, and three for every graph inside a graph. */
  static final int MAX_DEPTH = 64;

  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int LENGTH = 2;
  private static final int FIXED32 = 5;

  private static final ValueLayout.OfInt INT_LE =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG_LE =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** The whole file, so that offsets in messages are offsets in the file. */
  private final MemorySegment file;

  private final Budget budget;
  private final long start;
  private final long end;
  private final int depth;
  private long position;
  private long fieldStart;
  private int field;
  private int wireType;

  ProtoReader(MemorySegment file) {
    this(file, new Budget(), 0, file.byteSize(), 1);
  }

  private ProtoReader(MemorySegment file, Budget budget, long start, long end, int depth) {
    this.file = file;
    this.budget = budget;
    this.start = start;
    this.end = end;
    this.depth = depth;
    this.position = start;
  }

  /** Steps to the next field; false at the end of the message. */
  boolean next() {
    if (position == end) {
      return false;
    }
    fieldStart = position;
    long tag = varint();
    if (tag >>> 32 != 0 || tag >>> 3 == 0) {
      throw malformed("impossible field tag " + Long.toUnsignedString(tag));
    }
    field = (int) (tag >>> 3);
    wireType = (int) (tag & 7);
    return true;
  }

  /** Number of the field that next() found. */
  int field() {
    return field;
  }

  /** An integer, enum or bool field. */
  long integer() {
    expect(VARINT);
    return varint();
  }

  /** A float field. */
  float float32() {
    expect(FIXED32);
    return Float.intBitsToFloat(fixed32());
  }

  /** The bytes of a length-delimited field; a slice, not a copy. */
  MemorySegment bytes() {
    expect(LENGTH);
    long length = length();
    MemorySegment slice = file.asSlice(position, length);
    position += length;
    return slice;
  }

  /**
   * A text field.
   *
   * @param limit bytes it may have at most
   */
  String string(int limit) {
    expect(LENGTH);
    long length = length();
    if (length > limit) {
      throw malformed("text of " + length + " bytes, at most " + limit + " are allowed");
    }
    budget.text(this, length);
    byte[] bytes = file.asSlice(position, length).toArray(JAVA_BYTE);
    position += length;
    try {
      return UTF_8.newDecoder().decode(java.nio.ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      ModelFormatException malformed = malformed("text is not UTF-8");
      malformed.initCause(e);
      throw malformed;
    }
  }

  /** A reader of the message in this field. */
  ProtoReader message() {
    expect(LENGTH);
    if (depth == MAX_DEPTH) {
      throw malformed("messages nested deeper than " + MAX_DEPTH);
    }
    return inner(depth + 1);
  }

  /** The elements of a repeated integer field that are here: one, or many if packed. */
  void integers(LongConsumer sink) {
    if (wireType == LENGTH) {
      ProtoReader packed = inner(depth);
      while (packed.position < packed.end) {
        sink.accept(packed.varint());
      }
    } else {
      sink.accept(integer());
    }
  }

  /** The elements of a repeated float field that are here: one, or many if packed. */
  void floats(DoubleConsumer sink) {
    if (wireType == LENGTH) {
      ProtoReader packed = inner(depth);
      while (packed.position < packed.end) {
        sink.accept(Float.intBitsToFloat(packed.fixed32()));
      }
    } else {
      sink.accept(float32());
    }
  }

  /** The elements of a repeated double field that are here: one, or many if packed. */
  void doubles(DoubleConsumer sink) {
    if (wireType == LENGTH) {
      ProtoReader packed = inner(depth);
      while (packed.position < packed.end) {
        sink.accept(Double.longBitsToDouble(packed.fixed64()));
      }
    } else {
      expect(FIXED64);
      sink.accept(Double.longBitsToDouble(fixed64()));
    }
  }

  /** Passes over the field. */
  void skip() {
    switch (wireType) {
      case VARINT -> varint();
      case FIXED64 -> fixed64();
      case LENGTH -> {
        long length = length();
        position += length;
      }
      case FIXED32 -> fixed32();
      default -> throw malformed("wire type " + wireType + " is not used by this format");
    }
  }

  /** The same message from its start. */
  ProtoReader again() {
    return new ProtoReader(file, budget, start, end, depth);
  }

  /** What is left for the file that this message is part of. */
  Budget budget() {
    return budget;
  }

  /** An error at the current field. */
  ModelFormatException malformed(String what) {
    return new ModelFormatException(what + " (byte " + fieldStart + ")");
  }

  private ProtoReader inner(int innerDepth) {
    long length = length();
    ProtoReader inner = new ProtoReader(file, budget, position, position + length, innerDepth);
    inner.fieldStart = position;
    position += length;
    return inner;
  }

  private void expect(int type) {
    if (wireType != type) {
      throw malformed("field " + field + " has wire type " + wireType + ", not " + type);
    }
  }

  private long length() {
    long length = varint();
    if (length < 0 || length > end - position) {
      throw malformed(
          "field of "
              + Long.toUnsignedString(length)
              + " bytes, but "
              + (end - position)
              + " are left");
    }
    return length;
  }

  private long varint() {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (position == end) {
        throw malformed("number runs past the end");
      }
      byte b = file.get(JAVA_BYTE, position++);
      if (shift == 63 && (b & 0x7e) != 0) {
        throw malformed("number does not fit 64 bits");
      }
      value |= (long) (b & 0x7f) << shift;
      if (b >= 0) {
        return value;
      }
    }
    throw malformed("number longer than 10 bytes");
  }

  private int fixed32() {
    need(4);
    int value = file.get(INT_LE, position);
    position += 4;
    return value;
  }

  private long fixed64() {
    need(8);
    long value = file.get(LONG_LE, position);
    position += 8;
    return value;
  }

  private void need(int bytes) {
    if (end - position < bytes) {
      throw malformed("number runs past the end");
    }
  }
}
