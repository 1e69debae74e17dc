package dev.tilewright;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A message of the protobuf wire format, field by field. Written apart from the importer, so that
 * the tests do not share its mistakes.
 */
record WireMessage(List<Field> fields) {
  /**
   * One field.
   *
   * @param value a number, or the bits of a float or double
   * @param bytes of a text, a message or a packed list; else empty
   */
  record Field(int id, long value, byte[] bytes) {
    WireMessage message() {
      return WireMessage.parse(bytes);
    }

    String text() {
      return new String(bytes, StandardCharsets.UTF_8);
    }
  }

  /** How one number of a list is stored. */
  enum Width {
    VARINT,
    FOUR,
    EIGHT
  }

  static WireMessage parse(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    List<Field> fields = new ArrayList<>();
    while (in.hasRemaining()) {
      long tag = varint(in);
      int id = (int) (tag >>> 3);
      byte[] none = {};
      fields.add(
          switch ((int) tag & 7) {
            case 0 -> new Field(id, varint(in), none);
            case 1 -> new Field(id, in.getLong(), none);
            case 2 -> {
              byte[] content = new byte[(int) varint(in)];
              in.get(content);
              yield new Field(id, 0, content);
            }
            case 5 -> new Field(id, in.getInt(), none);
            default -> throw new IllegalArgumentException("wire type " + (tag & 7));
          });
    }
    return new WireMessage(fields);
  }

  Stream<Field> all(int id) {
    return fields.stream().filter(f -> f.id == id);
  }

  /** The last one, as protobuf reads it; empty or 0 if it is not there. */
  Field one(int id) {
    return all(id).reduce((a, b) -> b).orElseGet(() -> new Field(id, 0, new byte[0]));
  }

  /** A list of numbers, packed or not. */
  List<Long> numbers(int id, Width width) {
    List<Long> numbers = new ArrayList<>();
    all(id)
        .forEach(field -> {
          if (field.bytes.length == 0) {
            numbers.add(field.value);
          }
          ByteBuffer in = ByteBuffer.wrap(field.bytes).order(ByteOrder.LITTLE_ENDIAN);
          while (in.hasRemaining()) {
            numbers.add(
                switch (width) {
                  case VARINT -> varint(in);
                  case FOUR -> (long) in.getInt();
                  case EIGHT -> in.getLong();
                });
          }
        });
    return numbers;
  }

  private static long varint(ByteBuffer in) {
    long value = 0;
    for (int shift = 0; ; shift += 7) {
      byte b = in.get();
      value |= (long) (b & 0x7f) << shift;
      if (b >= 0) {
        return value;
      }
    }
  }
}
