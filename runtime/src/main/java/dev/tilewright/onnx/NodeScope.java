package dev.tilewright.onnx;

import dev.tilewright.graph.GraphBuilder;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Value;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * One node of a model while it is imported: its attributes, its inputs as values of the new graph,
 * and the graph to add to.
 */
final class NodeScope {
  private final OnnxNode node;
  private final int opset;
  private final List<@Nullable Value> inputs;
  private final GraphBuilder graph;
  private final FoldingBudget budget;

  NodeScope(
      OnnxNode node,
      int opset,
      List<@Nullable Value> inputs,
      GraphBuilder graph,
      FoldingBudget budget) {
    this.node = node;
    this.opset = opset;
    this.inputs = Collections.unmodifiableList(new ArrayList<>(inputs));
    this.graph = graph;
    this.budget = budget;
  }

  OnnxNode node() {
    return node;
  }

  /** Version of the operator's domain that the model was written for. */
  int opset() {
    return opset;
  }

  /** All inputs; none may be left out. */
  List<Value> all() {
    if (inputs.isEmpty()) {
      throw node.bad("has no inputs");
    }
    return IntStream.range(0, inputs.size()).mapToObj(this::in).toList();
  }

  /** An input that must be there. */
  Value in(int i) {
    Value value = maybe(i);
    if (value == null) {
      throw node.bad("input " + i + " is missing");
    }
    return value;
  }

  /** An input that may be left out. */
  @Nullable Value maybe(int i) {
    return i < inputs.size() ? inputs.get(i) : null;
  }

  /** An input of an operator that we have for float32 only. */
  Value floats(int i) {
    Value value = in(i);
    if (value.type().dtype() != DType.FLOAT32) {
      throw unsupported(node.operator() + " of " + value.type());
    }
    return value;
  }

  Shape shape(int i) {
    return in(i).shape();
  }

  /**
   * The values of an input that shapes depend on, or that we want to compute with now.
   *
   * @throws NeedsData if they are computed when the model runs: the node is imported in a later
   *     stage
   */
  Tensor constant(int i) {
    Tensor tensor = graph.constantOf(in(i));
    if (tensor == null) {
      throw new NeedsData(i);
    }
    return tensor;
  }

  @Nullable Tensor maybeConstant(int i) {
    return maybe(i) == null ? null : constant(i);
  }

  /** Whether the values of an input are known. */
  boolean isConstant(int i) {
    return maybe(i) != null && graph.constantOf(in(i)) != null;
  }

  /** Integers that later versions of an operator take as an input and earlier as an attribute. */
  @Nullable List<Long> integers(String attribute, int input) {
    List<Long> values = node.integers(attribute);
    return values != null || maybe(input) == null ? values : integers(input);
  }

  List<Long> integers(int input) {
    Tensor tensor = constant(input);
    if (tensor.dtype() == DType.FLOAT32 || tensor.shape().rank() > 1) {
      throw node.bad("input " + input + " must be a list of integers, is " + tensor.type());
    }
    return java.util.Arrays.stream(tensor.toLongs()).boxed().toList();
  }

  /** The only element of a constant, as a double. */
  double scalar(Tensor tensor) {
    if (tensor.shape().elements() != 1) {
      throw node.bad("expected one value, got " + tensor.type());
    }
    return tensor.dtype() == DType.FLOAT32 ? tensor.toFloats()[0] : tensor.toLongs()[0];
  }

  /** An axis as an index from the first, checked. */
  int axis(long axis, int rank) {
    if (axis < -rank || axis >= rank) {
      throw node.bad("axis " + axis + " of a tensor with " + rank + " dimensions");
    }
    return (int) (axis < 0 ? axis + rank : axis);
  }

  /** Axes as indices from the first, checked, none twice. */
  List<Integer> axes(List<Long> axes, int rank) {
    List<Integer> result = axes.stream().map(a -> axis(a, rank)).toList();
    if (result.stream().distinct().count() != result.size()) {
      throw node.bad("an axis is named twice: " + axes);
    }
    return result;
  }

  Value add(Op op, Value... in) {
    return graph.add(node.label(), op, in);
  }

  Value constant(Tensor tensor) {
    return graph.constant(node.label(), tensor);
  }

  /** A constant scalar of the element type of a value. */
  Value scalarLike(Value like, double value) {
    Value scalar = constant(Tensor.of(Shape.SCALAR, (float) value));
    return cast(scalar, like.type().dtype());
  }

  Value cast(Value value, DType to) {
    return value.type().dtype() == to ? value : add(new Op.Cast(to), value);
  }

  /** The value under another shape; itself if it has that shape. */
  Value reshape(Value value, List<Integer> dims) {
    Shape shape = new Shape(dims);
    return value.shape().equals(shape) ? value : add(new Op.Reshape(shape), value);
  }

  Value transpose(Value value, Integer... perm) {
    return add(new Op.Transpose(List.of(perm)), value);
  }

  Value binary(Op.BinaryFunction function, Value a, Value b) {
    return add(new Op.Binary(function), a, b);
  }

  Value unary(Op.UnaryFunction function, Value x) {
    return add(new Op.Unary(function), x);
  }

  /** Refuses to make a constant that is too large. */
  TensorType folded(TensorType type) {
    if (type.shape().elements() > Limits.FOLDED_ELEMENTS) {
      throw unsupported("a constant of " + type);
    }
    budget.take(type);
    return type;
  }

  UnsupportedModelException unsupported(String what) {
    return new UnsupportedModelException(
        List.of("node '" + node.label() + "' (" + node.operator() + "): " + what));
  }
}
