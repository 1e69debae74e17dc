package dev.tilewright.zoo.build;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.onnx.Attribute;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * A part of a network that is being written, and the values that are known. Axes count as in ONNX:
 * negative ones from the last.
 */
public abstract class Values {
  final Emitter out;
  final String scope;

  Values(Emitter out, String scope) {
    this.out = out;
    this.scope = scope;
  }

  /** A name in this part of the network. */
  final String path(String name) {
    return scope.isEmpty() ? name : scope + "." + name;
  }

  final Feature emit(
      String opType, Map<String, Attribute> attributes, List<Integer> shape, Feature... in) {
    return out.emit(path(opType), opType, attributes, new Shape(shape), in);
  }

  /** With elements of another type than the inputs'. */
  final Feature emit(
      String opType,
      Map<String, Attribute> attributes,
      DType dtype,
      List<Integer> shape,
      Feature... in) {
    TensorType type = new TensorType(dtype, new Shape(shape));
    String name = path(opType);
    return out.emit(name, opType, attributes, List.of(type), Emitter.many(name, in), in).getFirst();
  }

  public final Feature constant(float value) {
    return constant(Tensor.of(Shape.SCALAR, value));
  }

  public final Feature constant(Tensor values) {
    return out.constant(path("constant"), values);
  }

  final Feature longs(int... values) {
    long[] wide = Arrays.stream(values).asLongStream().toArray();
    return constant(Tensor.of(Shape.of(values.length), wide));
  }

  /** That a dimension is as large as it says, where a layer works along it. */
  final void requireKnown(Feature x, int axis) {
    require(
        !x.isOpen() || Math.floorMod(axis, x.shape().rank()) > 0,
        "%s: data decide how many there are of %s, so nothing is done along them",
        scope,
        x.many());
  }

  static Attribute integer(int value) {
    return new Attribute.Int(value);
  }

  static Attribute ints(int... values) {
    return new Attribute.Ints(Arrays.stream(values).asLongStream().boxed().toList());
  }

  static List<Integer> with(List<Integer> dims, int axis, int size) {
    List<Integer> changed = new ArrayList<>(dims);
    changed.set(axis < 0 ? axis + dims.size() : axis, size);
    return changed;
  }
}
