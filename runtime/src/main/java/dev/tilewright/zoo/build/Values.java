package dev.tilewright.zoo.build;

import dev.tilewright.onnx.Attribute;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** A part of a network that is being written, and the values that are known. Axes count as in ONNX: negative ones from the last. */
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
