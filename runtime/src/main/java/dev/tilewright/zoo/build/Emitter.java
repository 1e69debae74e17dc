package dev.tilewright.zoo.build;

import dev.tilewright.onnx.Attribute;
import dev.tilewright.onnx.OnnxNode;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.util.ArrayList;
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

  /** A node with one output. */
  Feature emit(
      String name, String opType, Map<String, Attribute> attributes, Shape shape, Feature... in) {
    List<String> inputs = new ArrayList<>();
    boolean constant = true;
    for (Feature feature : in) {
      inputs.add(feature.name());
      constant &= feature.constant();
    }
    Feature out = new Feature(unique(name), shape, constant);
    nodes.add(new OnnxNode(out.name(), "", opType, inputs, List.of(out.name()), attributes));
    return out;
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
    return new Feature(parameter.name(), parameter.shape(), true);
  }

  Feature constant(String name, Tensor tensor) {
    String unique = unique(name);
    constants.put(unique, tensor);
    return new Feature(unique, tensor.shape(), true);
  }

  private String unique(String name) {
    int before = used.merge(name, 1, Integer::sum) - 1;
    return before == 0 ? name : name + "_" + before;
  }
}
