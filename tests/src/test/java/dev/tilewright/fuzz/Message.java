package dev.tilewright.fuzz;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A protobuf message of a model as a tree that can be changed and written again: lengths stay
 * right, so that changes reach what reads the values.
 */
final class Message {
  /** Kinds of messages, and which of their fields are messages. Numbers of onnx.proto3. */
  enum Kind {
    MODEL,
    OPSET,
    GRAPH,
    NODE,
    ATTRIBUTE,
    TENSOR,
    VALUE,
    TYPE,
    TENSOR_TYPE,
    SHAPE,
    DIM,
    ENTRY;

    private static final Map<Kind, Map<Integer, Kind>> CHILDREN =
        Map.of(
            MODEL, Map.of(7, GRAPH, 8, OPSET),
            GRAPH, Map.of(1, NODE, 5, TENSOR, 11, VALUE, 12, VALUE),
            NODE, Map.of(5, ATTRIBUTE),
            ATTRIBUTE, Map.of(5, TENSOR, 6, GRAPH, 10, TENSOR, 11, GRAPH),
            TENSOR, Map.of(13, ENTRY),
            VALUE, Map.of(2, TYPE),
            TYPE, Map.of(1, TENSOR_TYPE),
            TENSOR_TYPE, Map.of(2, SHAPE),
            SHAPE, Map.of(1, DIM));

    private Kind child(int field) {
      return CHILDREN.getOrDefault(this, Map.of()).get(field);
    }
  }

  /** A value is a Long (also of 32 and 64 fixed bits), a byte[] or a Message. */
  static final class Field {
    final int number;
    final int wire;
    Object value;

    Field(int number, int wire, Object value) {
      this.number = number;
      this.wire = wire;
      this.value = value;
    }

    Field copy() {
      return new Field(number, wire, value instanceof Message m ? m.copy() : value);
    }
  }

  final Kind kind;
  final List<Field> fields = new ArrayList<>();

  Message(Kind kind) {
    this.kind = kind;
  }

  /** Reads a well-formed message. */
  static Message parse(Kind kind, byte[] bytes) {
    Message message = new Message(kind);
    int[] at = {0};
    while (at[0] < bytes.length) {
      long tag = varint(bytes, at);
      int number = (int) (tag >>> 3);
      int wire = (int) (tag & 7);
      Object value =
          switch (wire) {
            case 0 -> varint(bytes, at);
            case 1 -> fixed(bytes, at, 8);
            case 5 -> fixed(bytes, at, 4);
            default -> {
              int length = (int) varint(bytes, at);
              byte[] inner = java.util.Arrays.copyOfRange(bytes, at[0], at[0] + length);
              at[0] += length;
              Kind child = kind.child(number);
              yield child == null ? inner : parse(child, inner);
            }
          };
      message.fields.add(new Field(number, wire, value));
    }
    return message;
  }

  byte[] toBytes() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (Field field : fields) {
      write(out, (long) field.number << 3 | field.wire);
      switch (field.value) {
        case Long l when field.wire == 0 -> write(out, l);
        case Long l -> {
          for (int i = 0; i < (field.wire == 1 ? 8 : 4); i++) {
            out.write((int) (l >>> (8 * i)));
          }
        }
        case byte[] bytes -> writeAll(out, bytes);
        case Message m -> writeAll(out, m.toBytes());
        default -> throw new AssertionError(field.value);
      }
    }
    return out.toByteArray();
  }

  Message copy() {
    Message copy = new Message(kind);
    fields.forEach(f -> copy.fields.add(f.copy()));
    return copy;
  }

  /** This message and all in it. */
  List<Message> all() {
    List<Message> all = new ArrayList<>();
    collect(all);
    return all;
  }

  private void collect(List<Message> all) {
    all.add(this);
    for (Field field : fields) {
      if (field.value instanceof Message m) {
        m.collect(all);
      }
    }
  }

  private static void writeAll(ByteArrayOutputStream out, byte[] bytes) {
    write(out, bytes.length);
    out.writeBytes(bytes);
  }

  private static void write(ByteArrayOutputStream out, long value) {
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      out.write((int) ((rest & 0x7f) | 0x80));
      rest >>>= 7;
    }
    out.write((int) rest);
  }

  private static long varint(byte[] bytes, int[] at) {
    long value = 0;
    for (int shift = 0; ; shift += 7) {
      byte b = bytes[at[0]++];
      value |= (long) (b & 0x7f) << shift;
      if (b >= 0) {
        return value;
      }
    }
  }

  private static long fixed(byte[] bytes, int[] at, int size) {
    long value = 0;
    for (int i = 0; i < size; i++) {
      value |= (long) (bytes[at[0]++] & 0xff) << (8 * i);
    }
    return value;
  }
}
