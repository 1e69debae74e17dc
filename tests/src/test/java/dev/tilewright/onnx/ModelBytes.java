package dev.tilewright.onnx;

import dev.tilewright.graph.Graph;
import dev.tilewright.graph.GraphBuilder;
import dev.tilewright.op.Operators;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Builds a model file in memory. Names of inputs and outputs of a node are given as one text,
 * separated by spaces; a dash is an input that is left out.
 */
public final class ModelBytes {
  private final OnnxBytes graph = new OnnxBytes();
  private final List<OnnxBytes> opsets = new ArrayList<>();
  private final Map<String, Shape> shapes = new LinkedHashMap<>();

  private final Map<String, Integer> names = new HashMap<>();

  public ModelBytes(int opset) {
    graph.text(2, "test");
    opset("", opset);
  }

  public ModelBytes opset(String domain, int version) {
    opsets.add(new OnnxBytes().text(1, domain).integer(2, version));
    return this;
  }

  ModelBytes input(String name, Integer... dims) {
    return typedInput(name, 1, dims);
  }

  public ModelBytes typedInput(String name, int type, Integer... dims) {
    shapes.put(name, Shape.of(dims));
    Object[] sizes = dims;
    return openInput(name, type, sizes);
  }

  /** Dimensions are numbers, or texts that name open ones. */
  ModelBytes openInput(String name, int type, Object... dims) {
    graph.message(11, typed(name, type, dims));
    return this;
  }

  /** A sequence of float32 tensors of any shapes. */
  ModelBytes sequenceInput(String name) {
    graph.message(11, new OnnxBytes().text(1, name).message(2, sequence()));
    return this;
  }

  /** The same, or nothing. */
  ModelBytes optionalSequenceInput(String name) {
    OnnxBytes optional = new OnnxBytes().message(1, sequence());
    graph.message(
        11, new OnnxBytes().text(1, name).message(2, new OnnxBytes().message(9, optional)));
    return this;
  }

  private static OnnxBytes sequence() {
    OnnxBytes element = new OnnxBytes().message(1, new OnnxBytes().integer(1, 1));
    return new OnnxBytes().message(4, new OnnxBytes().message(1, element));
  }

  /** A float32 tensor, or nothing. */
  ModelBytes optionalInput(String name, Integer... dims) {
    Object[] sizes = dims;
    OnnxBytes optional = new OnnxBytes().message(1, type(1, sizes));
    graph.message(
        11, new OnnxBytes().text(1, name).message(2, new OnnxBytes().message(9, optional)));
    return this;
  }

  /** An output with its type, which need not be there. */
  ModelBytes typedOutput(String name, int type, Object... dims) {
    graph.message(12, typed(name, type, dims));
    return this;
  }

  private static OnnxBytes typed(String name, int type, Object... dims) {
    return new OnnxBytes().text(1, name).message(2, type(type, dims));
  }

  private static OnnxBytes type(int type, Object... dims) {
    OnnxBytes shape = new OnnxBytes();
    for (Object dim : dims) {
      OnnxBytes d = new OnnxBytes();
      shape.message(1, dim instanceof Integer i ? d.integer(1, i) : d.text(2, dim.toString()));
    }
    OnnxBytes tensor = new OnnxBytes().integer(1, type).message(2, shape);
    return new OnnxBytes().message(1, tensor);
  }

  /** An input of a graph inside a node: its type is that of what the node gives. */
  ModelBytes bodyInput(String... names) {
    for (String name : names) {
      graph.message(11, new OnnxBytes().text(1, name));
    }
    return this;
  }

  /** This graph as the attribute of a node. */
  OnnxBytes as(String attribute) {
    return new OnnxBytes().text(1, attribute).message(6, graph).integer(20, 5);
  }

  /** An output with its element type alone. */
  public ModelBytes output(String name, DType type) {
    OnnxBytes tensor = new OnnxBytes().integer(1, code(type));
    graph.message(12, new OnnxBytes().text(1, name).message(2, new OnnxBytes().message(1, tensor)));
    return this;
  }

  public ModelBytes output(String... names) {
    for (String name : names) {
      graph.message(12, new OnnxBytes().text(1, name));
    }
    return this;
  }

  ModelBytes floats(String name, Shape shape, float... values) {
    return initializer(tensor(name, Tensor.of(shape, values)));
  }

  ModelBytes floats(String name, float... values) {
    return floats(name, Shape.of(values.length), values);
  }

  /** A filter or bias whose values do not matter. */
  ModelBytes weights(String name, Integer... dims) {
    Shape shape = Shape.of(dims);
    float[] values = new float[(int) shape.elements()];
    for (int i = 0; i < values.length; i++) {
      values[i] = i % 7 - 3;
    }
    return floats(name, shape, values);
  }

  ModelBytes longs(String name, long... values) {
    return initializer(tensor(name, Tensor.of(Shape.of(values.length), values)));
  }

  /** 8-bit values. */
  ModelBytes bytes(String name, DType type, Shape shape, int... values) {
    byte[] data = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      data[i] = (byte) values[i];
    }
    Tensor tensor = new Tensor(new TensorType(type, shape), MemorySegment.ofArray(data));
    return initializer(tensor(name, tensor));
  }

  ModelBytes bytes(String name, DType type, int... values) {
    return bytes(name, type, Shape.of(values.length), values);
  }

  ModelBytes ints(String name, int... values) {
    TensorType type = new TensorType(DType.INT32, Shape.of(values.length));
    return initializer(tensor(name, new Tensor(type, MemorySegment.ofArray(values))));
  }

  ModelBytes scalar(String name, long value) {
    return initializer(tensor(name, Tensor.of(Shape.SCALAR, value)));
  }

  public ModelBytes initializer(OnnxBytes tensor) {
    graph.message(5, tensor);
    return this;
  }

  ModelBytes node(String op, String in, String out, OnnxBytes... attributes) {
    return node("", op, in, out, attributes);
  }

  public ModelBytes node(String domain, String op, String in, String out, OnnxBytes... attributes) {
    OnnxBytes node = new OnnxBytes();
    for (String name : names(in)) {
      node.text(1, name.equals("-") ? "" : name);
    }
    for (String name : names(out)) {
      node.text(2, name);
    }
    // ONNX Runtime wants names to be unique.
    int count = names.merge(op, 1, Integer::sum);
    node.text(3, op + "_of_test" + (count == 1 ? "" : count)).text(4, op).text(7, domain);
    for (OnnxBytes attribute : attributes) {
      node.message(5, attribute);
    }
    graph.message(1, node);
    return this;
  }

  private static List<String> names(String separated) {
    return separated.isEmpty() ? List.of() : List.of(separated.split(" ", -1));
  }

  public static OnnxBytes tensor(String name, Tensor tensor) {
    OnnxBytes bytes = new OnnxBytes();
    tensor.shape().dims().forEach(d -> bytes.integer(1, d));
    byte[] data = tensor.data().toArray(ValueLayout.JAVA_BYTE);
    return bytes.integer(2, code(tensor.dtype())).text(8, name).bytes(9, data);
  }

  /** The format's number of an element type. */
  public static int code(DType type) {
    return switch (type) {
      case FLOAT32 -> 1;
      case UINT8 -> 2;
      case INT8 -> 3;
      case UINT16 -> 4;
      case INT16 -> 5;
      case UINT32 -> 12;
      case INT32 -> 6;
      case INT64 -> 7;
      case UINT64 -> 13;
      case BOOL -> 9;
    };
  }

  public static OnnxBytes integer(String name, long value) {
    return new OnnxBytes().text(1, name).integer(3, value).integer(20, 2);
  }

  public static OnnxBytes real(String name, float value) {
    return new OnnxBytes().text(1, name).real(2, value).integer(20, 1);
  }

  public static OnnxBytes text(String name, String value) {
    return new OnnxBytes().text(1, name).text(4, value).integer(20, 3);
  }

  public static OnnxBytes integers(String name, long... values) {
    OnnxBytes attribute = new OnnxBytes().text(1, name);
    for (long value : values) {
      attribute.integer(8, value);
    }
    return attribute.integer(20, 7);
  }

  public static OnnxBytes reals(String name, float... values) {
    OnnxBytes attribute = new OnnxBytes().text(1, name);
    for (float value : values) {
      attribute.real(7, value);
    }
    return attribute.integer(20, 6);
  }

  static OnnxBytes value(Tensor tensor) {
    return new OnnxBytes().text(1, "value").message(5, tensor("", tensor)).integer(20, 4);
  }

  public byte[] toBytes() {
    OnnxBytes model = new OnnxBytes().integer(1, 8).message(7, graph);
    opsets.forEach(opset -> model.message(8, opset));
    return model.toBytes();
  }

  OnnxModel read() {
    return OnnxModel.read(MemorySegment.ofArray(toBytes()));
  }

  /** The graph for the shapes the inputs were declared with. */
  Graph graph() {
    return graph(Operators::evaluate);
  }

  Graph graph(GraphBuilder.Folder folder) {
    return graph(folder, shapes);
  }

  Graph graph(GraphBuilder.Folder folder, Map<String, Shape> inputShapes) {
    return OnnxImporter.graph(read(), inputShapes, folder);
  }

  /** The constant that the output folded to. */
  Tensor folded(String output) {
    Graph graph = graph();
    Tensor tensor = graph.constants().get(graph.outputs().get(output));
    if (tensor == null) {
      throw new AssertionError(output + " did not fold: " + graph.nodes());
    }
    return tensor;
  }

  static float[] floats(Tensor tensor) {
    if (tensor.dtype() == DType.FLOAT32) {
      return tensor.toFloats();
    }
    long[] longs = tensor.toLongs();
    float[] values = new float[longs.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = longs[i];
    }
    return values;
  }
}
