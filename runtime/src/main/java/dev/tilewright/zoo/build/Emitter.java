package dev.tilewright.zoo.build;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.onnx.Attribute;
import dev.tilewright.onnx.OnnxNode;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The model file under construction. */
final class Emitter {
  final List<OnnxNode> nodes = new ArrayList<>();
  final Map<String, Parameter> parameters = new LinkedHashMap<>();
  final Map<String, Tensor> constants = new LinkedHashMap<>();
  private final Map<String, Integer> used = new HashMap<>();
  private long macs;

  long macs() {
    return macs;
  }

  /** A node with one output, of the type of the first input and as many as the inputs are. */
  Feature emit(
      String name, String opType, Map<String, Attribute> attributes, Shape shape, Feature... in) {
    TensorType type = new TensorType(in[0].dtype(), shape);
    return emit(name, opType, attributes, List.of(type), many(name, in), in).getFirst();
  }

  /**
   * A node.
   *
   * @param types of the outputs
   * @param many of the outputs
   */
  List<Feature> emit(
      String name,
      String opType,
      Map<String, Attribute> attributes,
      List<TensorType> types,
      String many,
      Feature... in) {
    boolean constant = Arrays.stream(in).allMatch(Feature::constant);
    List<Feature> results = new ArrayList<>();
    types.forEach(type -> results.add(new Feature(unique(name), type, many, constant)));
    nodes.add(
        new OnnxNode(
            results.getFirst().name(),
            "",
            opType,
            Arrays.stream(in).map(Feature::name).toList(),
            results.stream().map(Feature::name).toList(),
            attributes));
    return results;
  }

  /** What the inputs are as many as. */
  static String many(String layer, Feature... in) {
    String many = "";
    for (Feature feature : in) {
      require(
          many.isEmpty() || !feature.isOpen() || many.equals(feature.many()),
          "%s: what is combined is of one number, not %s and %s",
          layer,
          many,
          feature.many());
      many = feature.isOpen() ? feature.many() : many;
    }
    return many;
  }

  /** Counts work that every run does: products of constants are computed at load. */
  Feature count(Feature result, long perElement) {
    return work(result, result.shape().elements() * perElement);
  }

  Feature work(Feature result, long multiplyAccumulates) {
    macs += result.constant() ? 0 : multiplyAccumulates;
    return result;
  }

  Feature parameter(Parameter parameter) {
    if (parameters.putIfAbsent(parameter.name(), parameter) != null) {
      throw new IllegalStateException("two parameters are named " + parameter.name());
    }
    return feature(parameter);
  }

  /** The parameter of that name that there is, if there is one. */
  Feature shared(Parameter parameter) {
    Parameter first = parameters.putIfAbsent(parameter.name(), parameter);
    require(
        first == null || first.equals(parameter),
        "layers that share %s are alike: %s, not %s",
        parameter.name(),
        first,
        parameter);
    return feature(parameter);
  }

  private static Feature feature(Parameter parameter) {
    return new Feature(parameter.name(), TensorType.floats(parameter.shape()), "", true);
  }

  Feature constant(String name, Tensor tensor) {
    String unique = unique(name);
    constants.put(unique, tensor);
    return new Feature(unique, tensor.type(), "", true);
  }

  /** The name, with a number behind it if it is taken. */
  String unique(String name) {
    int before = used.merge(name, 1, Integer::sum) - 1;
    return before == 0 ? name : name + "_" + before;
  }
}
