package dev.tilewright.onnx;

import dev.tilewright.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A graph inside a node: a branch, or the body of a loop. Checked as {@link OnnxModel} is, but
 * names that it does not define are taken from around it. Immutable.
 *
 * @param inputs names that the node gives values to, in order
 * @param outputs names of the results; one may be a name from around
 * @param nodes in topological order
 * @param types of outputs of which the file says one
 * @param captured names that are taken from around, those of graphs further inside included
 */
public record OnnxBody(
    List<String> inputs,
    List<String> outputs,
    List<OnnxNode> nodes,
    Map<String, Tensor> initializers,
    Map<String, Signature> types,
    Set<String> captured) {
  public OnnxBody {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
    nodes = List.copyOf(nodes);
    initializers = Collections.unmodifiableMap(new LinkedHashMap<>(initializers));
    types = Map.copyOf(types);
    captured = Collections.unmodifiableSet(new LinkedHashSet<>(captured));
  }

  /**
   * @param nodes in any order
   * @throws ModelFormatException if names clash, or nodes need each other in a circle
   */
  OnnxBody(
      List<String> inputs,
      List<String> outputs,
      List<OnnxNode> nodes,
      Map<String, Tensor> initializers,
      Map<String, Signature> types) {
    this(
        inputs,
        outputs,
        NodeOrder.sort(
            given(inputs, initializers), nodes, captured(inputs, outputs, nodes, initializers)),
        initializers,
        types,
        captured(inputs, outputs, nodes, initializers));
  }

  private static List<String> given(List<String> inputs, Map<String, Tensor> initializers) {
    List<String> given = new ArrayList<>(inputs);
    given.addAll(initializers.keySet());
    return given;
  }

  private static Set<String> captured(
      List<String> inputs,
      List<String> outputs,
      List<OnnxNode> nodes,
      Map<String, Tensor> initializers) {
    Set<String> names = new LinkedHashSet<>(outputs);
    nodes.forEach(node -> names.addAll(node.reads()));
    names.removeAll(inputs);
    names.removeAll(initializers.keySet());
    nodes.forEach(node -> names.removeAll(node.outputs()));
    return names;
  }
}
