package dev.tilewright.gate;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tilewright.conv.ConvShape;
import dev.tilewright.conv.ConvShape.Padding;
import dev.tilewright.conv.ConvShape.Size;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Random;

/**
 * A network of one convolution, in the format that every revision reads: transposes around it make
 * its image channels-last outside too, so that the library leaves them out and a run is one kernel.
 *
 * @param channels in
 * @param filters channels out
 * @param image height and width
 * @param kernel height and width
 * @param pad on each side
 */
record LayerModel(
    String name,
    int channels,
    int filters,
    int image,
    int kernel,
    int stride,
    int pad,
    int groups) {
  /** One layer of each class that networks spend their time in, small enough for many runs. */
  static final List<LayerModel> STANDARD =
      List.of(
          new LayerModel("pointwise_64_128_28", 64, 128, 28, 1, 1, 0, 1),
          new LayerModel("3x3_64_28", 64, 64, 28, 3, 1, 1, 1),
          new LayerModel("3x3s2_64_28", 64, 64, 28, 3, 2, 1, 1),
          new LayerModel("first_3x3s2_3_32_112", 3, 32, 112, 3, 2, 1, 1),
          new LayerModel("depthwise_3x3_144_56", 144, 144, 56, 3, 1, 1, 144),
          new LayerModel("grouped_32x4_28", 128, 128, 28, 3, 1, 1, 32));

  private static final int FLOAT = 1;
  private static final int INTS = 7;
  private static final long SEED = 42;

  int[] inputShape() {
    return new int[] {1, image, image, channels};
  }

  ConvShape shape() {
    return new ConvShape(
        1,
        groups,
        channels,
        filters,
        new Size(image, image),
        new Size(kernel, kernel),
        new Size(stride, stride),
        new Size(1, 1),
        new Padding(pad, pad, pad, pad));
  }

  /** ModelProto of onnx.proto3, field numbers as there. */
  byte[] bytes() {
    int out = (image + 2 * pad - kernel) / stride + 1;
    int inGroup = channels / groups;
    Message graph =
        new Message()
            .message(
                1, node("Transpose", List.of("x"), "x_nchw").message(5, ints("perm", 0, 3, 1, 2)))
            .message(
                1,
                node("Conv", List.of("x_nchw", "w", "b"), "y_nchw")
                    .message(5, ints("strides", stride, stride))
                    .message(5, ints("pads", pad, pad, pad, pad))
                    .message(5, ints("kernel_shape", kernel, kernel))
                    .message(5, new Message().text(1, "group").integer(3, groups).integer(20, 2)))
            .message(
                1, node("Transpose", List.of("y_nchw"), "y").message(5, ints("perm", 0, 2, 3, 1)))
            .text(2, name)
            .message(5, tensor("w", filters, inGroup, kernel, kernel))
            .message(5, tensor("b", filters))
            .message(11, value("x", inputShape()))
            .message(12, value("y", 1, out, out, filters));
    return new Message()
        .integer(1, 8)
        .message(7, graph)
        .message(8, new Message().text(1, "").integer(2, 17))
        .bytes();
  }

  private static Message node(String operator, List<String> in, String out) {
    Message node = new Message();
    in.forEach(name -> node.text(1, name));
    return node.text(2, out).text(3, operator + "_" + out).text(4, operator);
  }

  private static Message ints(String name, int... values) {
    Message attribute = new Message().text(1, name);
    for (int value : values) {
      attribute.integer(8, value);
    }
    return attribute.integer(20, INTS);
  }

  private static Message tensor(String name, int... dims) {
    Message tensor = new Message();
    int elements = 1;
    for (int dim : dims) {
      tensor.integer(1, dim);
      elements *= dim;
    }
    Random random = new Random(SEED + elements);
    ByteBuffer values = ByteBuffer.allocate(4 * elements).order(ByteOrder.LITTLE_ENDIAN);
    double scale = Math.sqrt((double) dims[0] / elements);
    for (int i = 0; i < elements; i++) {
      values.putFloat((float) (scale * random.nextGaussian()));
    }
    return tensor.integer(2, FLOAT).text(8, name).field(9, values.array());
  }

  private static Message value(String name, int... dims) {
    Message shape = new Message();
    for (int dim : dims) {
      shape.message(1, new Message().integer(1, dim));
    }
    Message tensor = new Message().integer(1, FLOAT).message(2, shape);
    return new Message().text(1, name).message(2, new Message().message(1, tensor));
  }

  /** One protobuf message (protobuf.dev/programming-guides/encoding). */
  private static final class Message {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    private void varint(long value) {
      long rest = value;
      for (; (rest & ~0x7fL) != 0; rest >>>= 7) {
        out.write((int) (rest & 0x7f) | 0x80);
      }
      out.write((int) rest);
    }

    Message integer(int field, long value) {
      varint((long) field << 3);
      varint(value);
      return this;
    }

    Message field(int field, byte[] value) {
      varint(((long) field << 3) | 2);
      varint(value.length);
      out.writeBytes(value);
      return this;
    }

    Message text(int field, String value) {
      return field(field, value.getBytes(UTF_8));
    }

    Message message(int field, Message value) {
      return field(field, value.bytes());
    }

    byte[] bytes() {
      return out.toByteArray();
    }
  }
}
