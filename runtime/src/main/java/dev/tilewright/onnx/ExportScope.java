package dev.tilewright.onnx;

import dev.tilewright.graph.Graph;
import dev.tilewright.graph.Node;
import dev.tilewright.graph.Value;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A model file while it is written: its nodes and names, and for each value of the graph what it is
 * called, in either of two layouts. A value of three or more dimensions may stand in the file as it
 * is, or as an image: [N, H, W, C] here is [N, C, H, W] there, and so [N, L, C] is [N, C, L] and
 * [N, H, W, G, C] is [N, G, C, H, W]. Transposes are written only where a node needs the one and
 * the file has the other.
 */
final class ExportScope {
  /**
   * A layout of a value.
   *
   * @param rank dimensions of the image, of which the value may lack the first; 0 is no image
   */
  private record Layout(Value value, int rank) {}

  private final Graph graph;
  private final List<OnnxNode> nodes = new ArrayList<>();
  private final Map<String, Tensor> initializers = new LinkedHashMap<>();
  private final Set<String> taken = new HashSet<>();
  private final Map<Layout, String> names = new HashMap<>();
  private final int opset;
  private String label = "";

  ExportScope(Graph graph, int opset) {
    this.graph = graph;
    this.opset = opset;
    taken.addAll(graph.outputs().keySet());
    for (Value input : graph.inputs()) {
      taken.add(input.name());
      names.put(new Layout(input, 0), input.name());
    }
  }

  /** Names what is written from now on after this node. */
  void begin(Node node) {
    label = node.output().name();
  }

  /** Version of the operators that are written. */
  int opset() {
    return opset;
  }

  /** The values, if they are known. */
  @Nullable Tensor constantOf(Value value) {
    return graph.constants().get(value);
  }

  /** Whether the file has the value as an image only. */
  boolean isImage(Value value) {
    return names.containsKey(new Layout(value, value.shape().rank()))
        && !names.containsKey(new Layout(value, 0));
  }

  void define(Value value, boolean image, String name) {
    names.put(new Layout(value, image ? value.shape().rank() : 0), name);
  }

  /** The value's name in the layout; constants, reshapes and transposes are written as needed. */
  String name(Value value, boolean image) {
    return name(value, image ? value.shape().rank() : 0);
  }

  /**
   * The same for a value that is broadcast.
   *
   * @param rank of the image, or 0 for the value as it is
   */
  String name(Value value, int rank) {
    Layout layout = new Layout(value, rank);
    String known = names.get(layout);
    if (known == null) {
      known = write(value, rank);
      names.put(layout, known);
    }
    return known;
  }

  /** The value, which is no image, under another shape. */
  String name(Value value, Shape shape) {
    Tensor tensor = constantOf(value);
    if (tensor != null && !value.shape().equals(shape)) {
      return constant(value.name(), tensor.reshape(shape));
    }
    String name = name(value, false);
    return value.shape().equals(shape) ? name : reshape(name, shape);
  }

  private String write(Value value, int rank) {
    List<Integer> dims = new ArrayList<>(value.shape().dims());
    while (dims.size() < rank) {
      dims.addFirst(1);
    }
    Shape shape = new Shape(dims);
    Tensor tensor = graph.constants().get(value);
    if (tensor != null) {
      Tensor stored = rank == 0 ? tensor : channelsFirst(tensor.reshape(shape));
      return constant(value.name(), stored);
    }
    if (rank == 0) {
      List<Integer> order = image(dims.size());
      List<Integer> back = new ArrayList<>();
      for (int i = 0; i < order.size(); i++) {
        back.add(order.indexOf(i));
      }
      return transpose(name(value, true), new Shape(order(dims, order)), back);
    }
    String whole = name(value, 0);
    return transpose(
        shape.equals(value.shape()) ? whole : reshape(whole, shape), shape, image(rank));
  }

  /** The order in which the file has the dimensions of an image: N, those of channels, H, W. */
  static List<Integer> image(int rank) {
    List<Integer> order = new ArrayList<>(IntStream.range(0, rank).boxed().toList());
    Collections.rotate(order.subList(1, rank), -pixels(rank));
    return order;
  }

  /** How many dimensions, after the first, are of pixels. */
  static int pixels(int rank) {
    return rank > 3 ? 2 : 1;
  }

  /** Dimensions of 1 move without a Transpose. */
  private String transpose(String x, Shape shape, List<Integer> perm) {
    return movesOnlyUnitDims(shape, perm)
        ? reshape(x, new Shape(order(shape.dims(), perm)))
        : emit("Transpose", Map.of("perm", ints(perm)), x);
  }

  /** Whether an image of this shape, [N, H, W, C], lies in memory as in the file. */
  static boolean isSameInMemory(Shape image) {
    return movesOnlyUnitDims(image, image(image.rank()));
  }

  private static boolean movesOnlyUnitDims(Shape shape, List<Integer> perm) {
    List<Integer> moved = perm.stream().filter(d -> shape.dim(d) != 1).toList();
    return moved.equals(moved.stream().sorted().toList());
  }

  String reshape(String x, Shape shape) {
    // Without allowzero, 0 stands for the size that was there.
    Map<String, Attribute> zero =
        shape.dims().contains(0) ? Map.of("allowzero", new Attribute.Int(1)) : Map.of();
    return emit("Reshape", zero, x, longs(shape.dims()));
  }

  /** A list per dimension, in the order of the layout. */
  static <T> List<T> order(List<T> perDimension, boolean image) {
    return image ? order(perDimension, image(perDimension.size())) : perDimension;
  }

  /** Where the layout has this dimension of a value. */
  static int axis(int axis, boolean image, int rank) {
    return image ? image(rank).indexOf(axis) : axis;
  }

  private static <T> List<T> order(List<T> items, List<Integer> perm) {
    return perm.stream().map(items::get).toList();
  }

  /** Writes a node and returns the name of its result. An empty name is an input left out. */
  String emit(String opType, Map<String, Attribute> attributes, String... inputs) {
    String output = unique(label);
    nodes.add(new OnnxNode(output, "", opType, List.of(inputs), List.of(output), attributes));
    return output;
  }

  /** The same for a node of whose two results the second is wanted. */
  String emitSecond(String opType, Map<String, Attribute> attributes, String... inputs) {
    List<String> outputs = List.of(unique(label + "_unused"), unique(label));
    nodes.add(new OnnxNode(label, "", opType, List.of(inputs), outputs, attributes));
    return outputs.getLast();
  }

  String constant(String name, Tensor tensor) {
    String unique = unique(name);
    initializers.put(unique, tensor);
    return unique;
  }

  String longs(List<Integer> values) {
    long[] wide = values.stream().mapToLong(Integer::longValue).toArray();
    return constant(label + "_ints", Tensor.of(Shape.of(wide.length), wide));
  }

  String number(float value) {
    return constant(label + "_number", Tensor.of(Shape.SCALAR, value));
  }

  static Attribute ints(List<Integer> values) {
    return new Attribute.Ints(values.stream().map(Integer::longValue).toList());
  }

  private String unique(String name) {
    String candidate = name.isEmpty() ? "value" : name;
    for (int i = 1; !taken.add(candidate); i++) {
      candidate = name + "_" + i;
    }
    return candidate;
  }

  /** The finished file. */
  byte[] finish() {
    Map<String, String> renamed = new HashMap<>();
    List<Signature> outputs = new ArrayList<>();
    for (Map.Entry<String, Value> output : graph.outputs().entrySet()) {
      String name = name(output.getValue(), false);
      boolean computed = nodes.stream().anyMatch(n -> n.outputs().contains(name));
      if (!computed || renamed.putIfAbsent(name, output.getKey()) != null) {
        if (!name.equals(output.getKey())) {
          nodes.add(
              new OnnxNode(
                  output.getKey(),
                  "",
                  "Identity",
                  List.of(name),
                  List.of(output.getKey()),
                  Map.of()));
        }
      }
      outputs.add(Signature.of(output.getKey(), output.getValue().type()));
    }
    List<OnnxNode> named = nodes.stream().map(node -> renamed(node, renamed)).toList();
    List<Signature> inputs =
        graph.inputs().stream().map(v -> Signature.of(v.name(), v.type())).toList();
    List<String> names = outputs.stream().map(Signature::name).toList();
    OnnxModel model = new OnnxModel(Map.of("", opset), inputs, names, named, initializers);
    return model.toBytes(outputs);
  }

  private static OnnxNode renamed(OnnxNode node, Map<String, String> names) {
    return new OnnxNode(
        names.getOrDefault(node.name(), node.name()),
        node.domain(),
        node.opType(),
        node.inputs().stream().map(n -> names.getOrDefault(n, n)).toList(),
        node.outputs().stream().map(n -> names.getOrDefault(n, n)).toList(),
        node.attributes());
  }

  /** An image, or a filter, as the file has them. */
  static Tensor channelsFirst(Tensor image) {
    return transposed(image, image(image.shape().rank()));
  }

  static Tensor transposed(Tensor tensor, List<Integer> perm) {
    Shape from = tensor.shape();
    Shape to = new Shape(order(from.dims(), perm));
    int bytes = tensor.dtype().bytes();
    MemorySegment dst = MemorySegment.ofArray(new byte[Math.toIntExact(tensor.type().bytes())]);
    for (long i = 0; i < to.elements(); i++) {
      long source = 0;
      long rest = i;
      for (int d = to.rank() - 1; d >= 0; d--) {
        source += rest % to.dim(d) * from.product(perm.get(d) + 1, from.rank());
        rest /= to.dim(d);
      }
      MemorySegment.copy(tensor.data(), source * bytes, dst, i * bytes, bytes);
    }
    return new Tensor(new TensorType(tensor.dtype(), to), dst);
  }
}
