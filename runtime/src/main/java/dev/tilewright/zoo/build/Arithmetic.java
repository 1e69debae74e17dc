package dev.tilewright.zoo.build;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.onnx.Attribute;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What is computed of each element, of matrices, and over one dimension. */
public abstract class Arithmetic extends Values {
  /** Element types as the format counts them. */
  private static final int FLOAT = 1;

  private static final int INT64 = 7;

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

  public final Feature abs(Feature x) {
    return unary("Abs", x);
  }

  public final Feature exp(Feature x) {
    return unary("Exp", x);
  }

  /** The natural logarithm. */
  public final Feature log(Feature x) {
    return unary("Log", x);
  }

  public final Feature floor(Feature x) {
    return unary("Floor", x);
  }

  /** Rounded to whole numbers towards zero. */
  public final Feature truncate(Feature x) {
    return floats(cast(x, DType.INT64, INT64));
  }

  /** Whole numbers as floats. */
  public final Feature floats(Feature x) {
    return cast(x, DType.FLOAT32, FLOAT);
  }

  private Feature cast(Feature x, DType to, int code) {
    return emit("Cast", Map.of("to", integer(code)), to, x.shape().dims(), x);
  }

  public final Feature softmax(Feature x, int axis) {
    requireKnown(x, axis);
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

  public final Feature min(Feature a, Feature b) {
    return binary("Min", a, b);
  }

  /** A mask. */
  public final Feature equal(Feature a, Feature b) {
    return mask("Equal", a, b);
  }

  /** A mask. */
  public final Feature less(Feature a, Feature b) {
    return mask("Less", a, b);
  }

  /** A mask. */
  public final Feature atLeast(Feature a, Feature b) {
    return mask("GreaterOrEqual", a, b);
  }

  /** Of two masks. */
  public final Feature and(Feature a, Feature b) {
    return mask("And", a, b);
  }

  private Feature mask(String opType, Feature a, Feature b) {
    return emit(opType, Map.of(), DType.BOOL, broadcast(a, b, 0), a, b);
  }

  /** x where the mask says so, else one number. */
  public final Feature where(Feature mask, Feature x, float otherwise) {
    List<Integer> dims = broadcast(mask, x, 0);
    return emit("Where", Map.of(), x.dtype(), dims, mask, x, constant(otherwise));
  }

  private Feature binary(String opType, Feature a, Feature b) {
    return emit(opType, Map.of(), broadcast(a, b, 0), a, b);
  }

  /** The shape of both, without the last dimensions. */
  private List<Integer> broadcast(Feature a, Feature b, int without) {
    int rank = Math.max(a.shape().rank(), b.shape().rank());
    List<Integer> dims = new ArrayList<>();
    require(
        aligned(a, b, rank) && aligned(b, a, rank),
        "%s: what has as many as there are %s%s is combined with the same, or with one for all",
        scope,
        a.many(),
        a.isOpen() ? "" : b.many());
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

  /** Whether the first dimension of a, if data decide it, meets the same of b, or a single one. */
  private static boolean aligned(Feature a, Feature b, int rank) {
    boolean single = b.isOpen() || b.shape().rank() < rank || b.dim(0) == 1;
    return !a.isOpen() || (a.shape().rank() == rank && single);
  }

  /** The matrix product of the last two dimensions. */
  public final Feature matmul(Feature a, Feature b) {
    int inner = a.dim(-1);
    requireKnown(b, b.shape().rank() == 2 ? 0 : 1);
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
  public final Feature smallest(Feature x, int axis) {
    return reduce("ReduceMin", x, axis);
  }

  /** Over one dimension, which stays with size 1. */
  public final Feature total(Feature x, int axis) {
    requireKnown(x, axis);
    List<Integer> dims = with(x.shape().dims(), axis, 1);
    Feature axes = constant(Tensor.of(Shape.of(1), (long) axis));
    return emit("ReduceSum", Map.of("keepdims", integer(1)), dims, x, axes);
  }

  private Feature reduce(String opType, Feature x, int axis) {
    requireKnown(x, axis);
    Map<String, Attribute> attributes = Map.of("axes", ints(axis), "keepdims", integer(1));
    return emit(opType, attributes, with(x.shape().dims(), axis, 1), x);
  }
}
