package dev.tilewright.bench;

import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Writes ONNX files of one node, so that every operator can be tried alone. Inputs are the graph's,
 * constants its initializers; outputs are "y", "y1" and so on.
 *
 * @param op with its domain, of which version 1 is meant, if that is not the default one
 * @param opset of the default domain
 * @param outputs element types of the results, or nothing if there is no {@link DType} for it
 */
record OneNode(
    String op,
    int opset,
    Map<String, Tensor> inputs,
    Map<String, Tensor> constants,
    Map<String, Object> attributes,
    List<DType> outputs) {

  static OneNode of(String op, int opset) {
    return new OneNode(op, opset, Map.of(), Map.of(), Map.of(), List.of(DType.FLOAT32));
  }

  /** The same in another opset. */
  OneNode at(int otherOpset) {
    return new OneNode(op, otherOpset, inputs, constants, attributes, outputs);
  }

  OneNode input(String name, Tensor tensor) {
    return new OneNode(op, opset, with(inputs, name, tensor), constants, attributes, outputs);
  }

  OneNode constant(String name, Tensor tensor) {
    return new OneNode(op, opset, inputs, with(constants, name, tensor), attributes, outputs);
  }

  /**
   * @param value Long, Float, String, or a list of Long or Float
   */
  OneNode attribute(String name, Object value) {
    return new OneNode(op, opset, inputs, constants, with(attributes, name, value), outputs);
  }

  /** The same node with inputs for all constants, so that their values are known in a run only. */
  OneNode computed() {
    Map<String, Tensor> all = new LinkedHashMap<>(inputs);
    all.putAll(constants);
    return new OneNode(op, opset, all, Map.of(), attributes, outputs);
  }

  /** Of these element types instead of one of float32. */
  OneNode output(DType... types) {
    return new OneNode(op, opset, inputs, constants, attributes, List.of(types));
  }

  /** Of an element type that is not listed. */
  OneNode outputOfOtherType() {
    return new OneNode(op, opset, inputs, constants, attributes, List.of());
  }

  List<String> outputNames() {
    return IntStream.range(0, Math.max(1, outputs.size()))
        .mapToObj(i -> i == 0 ? "y" : "y" + i)
        .toList();
  }

  @Override
  public String toString() {
    return op + "-" + opset + (attributes.isEmpty() ? "" : " " + attributes);
  }

  /** The file; field numbers as in onnx.proto. */
  byte[] bytes() {
    Message node = new Message();
    inputs.keySet().forEach(name -> node.text(1, name));
    constants.keySet().forEach(name -> node.text(1, name));
    outputNames().forEach(name -> node.text(2, name));
    int dot = op.lastIndexOf('.');
    String domain = op.substring(0, Math.max(0, dot));
    node.text(3, "node").text(4, op.substring(dot + 1)).text(7, domain);
    attributes.forEach((name, value) -> node.message(5, encode(name, value).text(1, name)));
    Message graph = new Message().message(1, node).text(2, "one_node");
    constants.forEach((name, tensor) -> {
      if (!name.isEmpty()) { // an empty name stands for an input that is left out
        graph.message(5, tensor(name, tensor));
      }
    });
    inputs.forEach((name, tensor) -> graph.message(11, value(name, tensor.dtype(), tensor)));
    for (int i = 0; i < outputs.size(); i++) {
      Message type = type(outputs.get(i), new Message(), false);
      graph.message(12, new Message().text(1, outputNames().get(i)).message(2, type));
    }
    if (outputs.isEmpty()) {
      graph.message(12, new Message().text(1, "y"));
    }
    Message version = new Message().text(1, "").number(2, opset);
    Message model = new Message().number(1, 8).message(7, graph).message(8, version);
    if (!domain.isEmpty()) {
      model.message(8, new Message().text(1, domain).number(2, 1));
    }
    return model.bytes();
  }

  private static Message value(String name, DType dtype, Tensor tensor) {
    Message shape = new Message();
    for (int size : tensor.shape().dims()) {
      shape.message(1, new Message().number(1, size));
    }
    return new Message().text(1, name).message(2, type(dtype, shape, true));
  }

  private static Message type(DType dtype, Message shape, boolean shaped) {
    Message tensor = new Message().number(1, code(dtype));
    return new Message().message(1, shaped ? tensor.message(2, shape) : tensor);
  }

  private static Message tensor(String name, Tensor tensor) {
    Message message = new Message();
    tensor.shape().dims().forEach(size -> message.number(1, size));
    return message
        .number(2, code(tensor.dtype()))
        .text(8, name)
        .raw(9, tensor.data().toArray(ValueLayout.JAVA_BYTE));
  }

  private static Message encode(String name, Object value) {
    return switch (value) {
      case Float f -> new Message().single(2, f).number(20, 1);
      case Long i -> new Message().number(3, i).number(20, 2);
      case String s -> new Message().text(4, s).number(20, 3);
      case List<?> list when list.getFirst() instanceof Long -> {
        Message message = new Message();
        list.forEach(i -> message.number(8, (Long) i));
        yield message.number(20, 7);
      }
      case List<?> list -> {
        Message message = new Message();
        list.forEach(f -> message.single(7, (Float) f));
        yield message.number(20, 6);
      }
      default -> throw new IllegalArgumentException(name + ": " + value);
    };
  }

  private static int code(DType dtype) {
    return switch (dtype) {
      case FLOAT32 -> 1;
      case UINT8 -> 2;
      case INT8 -> 3;
      case UINT16 -> 4;
      case INT16 -> 5;
      case UINT32 -> 12;
      case INT32 -> 6;
      case INT64 -> 7;
      case BOOL -> 9;
    };
  }

  private static <T> Map<String, T> with(Map<String, T> map, String name, T value) {
    Map<String, T> more = new LinkedHashMap<>(map);
    more.put(name, value);
    return more;
  }

  /** Protocol buffer wire format, as far as the model format needs it. */
  private static final class Message {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    Message number(int field, long value) {
      varint((long) field << 3);
      varint(value);
      return this;
    }

    Message single(int field, float value) {
      varint(((long) field << 3) | 5);
      out.writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putFloat(value).array());
      return this;
    }

    Message raw(int field, byte[] bytes) {
      varint(((long) field << 3) | 2);
      varint(bytes.length);
      out.writeBytes(bytes);
      return this;
    }

    Message text(int field, String text) {
      return raw(field, text.getBytes(StandardCharsets.UTF_8));
    }

    Message message(int field, Message message) {
      return raw(field, message.bytes());
    }

    byte[] bytes() {
      return out.toByteArray();
    }

    private void varint(long value) {
      long rest = value;
      while ((rest & ~0x7fL) != 0) {
        out.write((int) ((rest & 0x7f) | 0x80));
        rest >>>= 7;
      }
      out.write((int) rest);
    }
  }
}
