package dev.tilewright.onnx;

import dev.tilewright.tensor.Tensor;
import java.util.List;
import java.util.TreeMap;

/** Writes the messages of onnx.proto3 that {@link ModelReader} reads. Field numbers as there. */
final class ModelWriter {
  private ModelWriter() {}

  /** The version of the format that came with an opset. */
  private static int version(int opset) {
    return opset < 19 ? 8 : 9;
  }

  /**
   * The file.
   *
   * @param outputs the model's, in its order
   * @throws UnsupportedModelException if the format's 2 GiB do not hold the weights
   */
  static byte[] write(OnnxModel model, List<Signature> outputs) {
    ProtoWriter graph = new ProtoWriter();
    model.nodes().forEach(node -> graph.message(1, node(node)));
    graph.string(2, "tilewright");
    model
        .initializers()
        .forEach((name, tensor) -> graph.message(5, tensor(tensor).string(8, name)));
    model.inputs().forEach(input -> graph.message(11, value(input)));
    outputs.forEach(output -> graph.message(12, value(output)));
    ProtoWriter file =
        new ProtoWriter()
            .integer(1, version(model.opsets().getOrDefault("", 0)))
            .string(2, "tilewright");
    file.message(7, graph);
    model
        .opsets()
        .forEach((domain, version) ->
            file.message(8, new ProtoWriter().string(1, domain).integer(2, version)));
    if (file.size() > Limits.FILE_BYTES) {
      throw new UnsupportedModelException(
          List.of("a file of " + file.size() + " bytes: the format ends at 2 GiB"));
    }
    return file.toBytes();
  }

  private static ProtoWriter node(OnnxNode node) {
    ProtoWriter out = new ProtoWriter();
    node.inputs().forEach(name -> out.string(1, name));
    node.outputs().forEach(name -> out.string(2, name));
    out.string(3, node.name()).string(4, node.opType());
    // In order of their names, so that the same graph is the same bytes.
    new TreeMap<>(node.attributes())
        .forEach((name, value) -> out.message(5, attribute(name, value)));
    return node.domain().isEmpty() ? out : out.string(7, node.domain());
  }

  private static ProtoWriter attribute(String name, Attribute attribute) {
    ProtoWriter out = new ProtoWriter().string(1, name);
    return switch (attribute) {
      case Attribute.Real(float value) -> out.float32(2, value).integer(20, 1);
      case Attribute.Int(long value) -> out.integer(3, value).integer(20, 2);
      case Attribute.Text(String value) -> out.string(4, value).integer(20, 3);
      case Attribute.Values(Tensor tensor) -> out.message(5, tensor(tensor)).integer(20, 4);
      case Attribute.Reals(List<Float> values) -> {
        values.forEach(value -> out.float32(7, value));
        yield out.integer(20, 6);
      }
      case Attribute.Ints(List<Long> values) -> {
        values.forEach(value -> out.integer(8, value));
        yield out.integer(20, 7);
      }
      case Attribute.Texts(List<String> values) -> {
        values.forEach(value -> out.string(9, value));
        yield out.integer(20, 8);
      }
      case Attribute.Body b ->
          throw new UnsupportedModelException(List.of("attribute " + name + ", a graph"));
      case Attribute.Other(String kind) ->
          throw new UnsupportedModelException(List.of("attribute " + name + " of kind " + kind));
    };
  }

  private static ProtoWriter tensor(Tensor tensor) {
    ProtoWriter out = new ProtoWriter();
    tensor.shape().dims().forEach(size -> out.integer(1, size));
    return out.integer(2, ElementType.code(tensor.dtype())).bytes(9, tensor.data());
  }

  private static ProtoWriter value(Signature value) {
    ProtoWriter shape = new ProtoWriter();
    value.dims().forEach(dim -> shape.message(1, dimension(dim)));
    ProtoWriter tensor =
        new ProtoWriter().integer(1, ElementType.code(value.dtype())).message(2, shape);
    return new ProtoWriter()
        .string(1, value.name())
        .message(2, new ProtoWriter().message(1, tensor));
  }

  private static ProtoWriter dimension(Signature.Dim dim) {
    if (!dim.isOpen()) {
      return new ProtoWriter().integer(1, dim.size());
    }
    return dim.symbol() == null ? new ProtoWriter() : new ProtoWriter().string(2, dim.symbol());
  }
}
