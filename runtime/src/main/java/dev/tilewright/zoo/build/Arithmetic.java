package dev.tilewright.zoo.build;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.onnx.Attribute;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What is computed of each element, of matrices, and over one dimension. */
public abstract class Arithmetic extends Values {
  Arithmetic(Emitter out, String scope) {
    super(out, scope);
  }

  private Feature unary(String opType, Feature x) {
    return emit(opType, Map.of(), x.shape().dims(), x);
  }

  public final Feature relu(Feature x) {
    return unary("Relu", x);
  }

  public final Feature relu6(Feature x) {
    return emit("Clip", Map.of(), x.shape().dims(), x, constant(0), constant(6));
  }

  public final Feature sigmoid(Feature x) {
    return unary("Sigmoid", x);
  }

  /** x / 6 + 1 / 2 between 0 and 1. */
  public final Feature hardSigmoid(Feature x) {
    Map<String, Attribute> slope = Map.of("alpha", new Attribute.Real(1 / 6f));
    return emit("HardSigmoid", slope, x.shape().dims(), x);
  }

  /** x * hardSigmoid(x). */
  public final Feature hardSwish(Feature x) {
    return unary("HardSwish", x);
  }

  /** x * sigmoid(x), also called swish. */
  public final Feature silu(Feature x) {
    return mul(x, sigmoid(x));
  }

  /** The exact one: x / 2 * (1 + erf(x / sqrt 2)). */
  public final Feature gelu(Feature x) {
    Feature erf = unary("Erf", div(x, constant((float) Math.sqrt(2))));
    return mul(mul(x, add(erf, constant(1))), constant(0.5f));
  }

  public final Feature sqrt(Feature x) {
    return unary("Sqrt", x);
  }

  public final Feature softmax(Feature x, int axis) {
    return emit("Softmax", Map.of("axis", integer(axis)), x.shape().dims(), x);
  }

  public final Feature add(Feature a, Feature b) {
    return binary("Add", a, b);
  }

  /** The sum of all, from the first on. */
  public final Feature sum(List<Feature> terms) {
    return terms.stream().reduce(this::add).orElseThrow();
  }

  public final Feature sub(Feature a, Feature b) {
    return binary("Sub", a, b);
  }

  public final Feature mul(Feature a, Feature b) {
    return binary("Mul", a, b);
  }

  public final Feature div(Feature a, Feature b) {
    return binary("Div", a, b);
  }

  public final Feature max(Feature a, Feature b) {
    return binary("Max", a, b);
  }

  private Feature binary(String opType, Feature a, Feature b) {
    return emit(opType, Map.of(), broadcast(a, b, 0), a, b);
  }

  /** The shape of both, without the last dimensions. */
  private List<Integer> broadcast(Feature a, Feature b, int without) {
    int rank = Math.max(a.shape().rank(), b.shape().rank());
    List<Integer> dims = new ArrayList<>();
    for (int axis = -rank; axis < -without; axis++) {
      int p = a.shape().rank() + axis < 0 ? 1 : a.dim(axis);
      int q = b.shape().rank() + axis < 0 ? 1 : b.dim(axis);
      require(
          p == q || p == 1 || q == 1,
          "%s: what is combined has one shape, not %s and %s",
          scope,
          a.shape(),
          b.shape());
      dims.add(p == 1 ? q : p);
    }
    return dims;
  }

  /** The matrix product of the last two dimensions. */
  public final Feature matmul(Feature a, Feature b) {
    int inner = a.dim(-1);
    require(
        inner == b.dim(-2),
        "%s: matrices have as many columns as the next has rows, not %s and %s",
        scope,
        a.shape(),
        b.shape());
    List<Integer> dims = broadcast(a, b, 2);
    dims.add(a.dim(-2));
    dims.add(b.dim(-1));
    return out.count(emit("MatMul", Map.of(), dims, a, b), inner);
  }

  /** Over one dimension, which stays with size 1. */
  public final Feature mean(Feature x, int axis) {
    return reduce("ReduceMean", x, axis);
  }

  /** Over one dimension, which stays with size 1. */
  public final Feature largest(Feature x, int axis) {
    return reduce("ReduceMax", x, axis);
  }

  /** Over one dimension, which stays with size 1. */
  public final Feature total(Feature x, int axis) {
    List<Integer> dims = with(x.shape().dims(), axis, 1);
    Feature axes = constant(Tensor.of(Shape.of(1), (long) axis));
    return emit("ReduceSum", Map.of("keepdims", integer(1)), dims, x, axes);
  }

  private Feature reduce(String opType, Feature x, int axis) {
    Map<String, Attribute> attributes = Map.of("axes", ints(axis), "keepdims", integer(1));
    return emit(opType, attributes, with(x.shape().dims(), axis, 1), x);
  }
}
