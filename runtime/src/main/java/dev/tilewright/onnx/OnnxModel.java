package dev.tilewright.onnx;

import dev.tilewright.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A model file, read and checked: names are unique, every name that is used is defined, and nodes
 * come after what they need. Immutable.
 *
 * @param opsets version per operator domain; the standard domain is the empty name
 * @param inputs what must be given to run it; without initializers, which old files list here too
 * @param outputs names of the results
 * @param nodes in topological order
 * @param initializers trained values by name; most are slices of the file's memory, little endian
 */
public record OnnxModel(
    Map<String, Integer> opsets,
    List<Signature> inputs,
    List<String> outputs,
    List<OnnxNode> nodes,
    Map<String, Tensor> initializers) {
  /**
   * @param nodes in any order
   * @throws ModelFormatException if names clash or dangle, or nodes need each other in a circle
   */
  public OnnxModel {
    opsets = Map.copyOf(opsets);
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
    initializers = Collections.unmodifiableMap(new LinkedHashMap<>(initializers));
    List<String> given = new ArrayList<>(initializers.keySet());
    inputs.forEach(input -> given.add(input.name()));
    nodes = NodeOrder.sort(given, nodes, Set.of());
    checkOutputs(outputs, given, nodes);
  }

  /**
   * Reads a model from memory, which must stay valid as long as the model and graphs made of it.
   *
   * @throws ModelFormatException if the bytes are not a well-formed model
   * @throws UnsupportedModelException if its tensors cannot be held: element type, external data
   */
  public static OnnxModel read(MemorySegment bytes) {
    return read(bytes, ExternalData.refused());
  }

  /**
   * The same for a model that may have tensors in other files.
   *
   * @throws ModelFormatException if the bytes are not a well-formed model, or it names what may not
   *     be read
   * @throws UnsupportedModelException if its tensors cannot be held: element type, external data
   */
  public static OnnxModel read(MemorySegment bytes, ExternalData files) {
    return ModelReader.read(bytes, files);
  }

  /**
   * The model as the bytes of a file.
   *
   * @param results what it says of its outputs, in their order
   * @throws UnsupportedModelException if it has graphs in its nodes, or is larger than a file may
   *     be
   */
  public byte[] toBytes(List<Signature> results) {
    return ModelWriter.write(this, results);
  }

  private static void checkOutputs(List<String> outputs, List<String> given, List<OnnxNode> nodes) {
    Set<String> defined = new HashSet<>(given);
    nodes.forEach(node -> defined.addAll(node.outputs()));
    Set<String> seen = new HashSet<>();
    for (String output : outputs) {
      if (!defined.contains(output)) {
        throw new ModelFormatException("nothing computes the output '" + output + "'");
      }
      if (!seen.add(output)) {
        throw new ModelFormatException("two outputs are named '" + output + "'");
      }
    }
  }

  /**
   * The opset of a node's operator.
   *
   * @throws ModelFormatException if the model does not say
   */
  int opset(OnnxNode node) {
    Integer opset = opsets.get(node.domain());
    if (opset == null) {
      throw node.bad("the model does not say which opset of '" + node.domain() + "' it uses");
    }
    return opset;
  }

  /** Every node, those of graphs inside nodes included. */
  public List<OnnxNode> allNodes() {
    List<OnnxNode> all = new ArrayList<>();
    collect(nodes, all);
    return all;
  }

  private static void collect(List<OnnxNode> nodes, List<OnnxNode> all) {
    for (OnnxNode node : nodes) {
      all.add(node);
      node.bodies().values().forEach(body -> collect(body.nodes(), all));
    }
  }

  /** Every tensor of the file: initializers and values of attributes. */
  public List<Tensor> tensors() {
    List<Tensor> all = new ArrayList<>(initializers.values());
    for (OnnxNode node : allNodes()) {
      node.bodies().values().forEach(body -> all.addAll(body.initializers().values()));
      for (Attribute attribute : node.attributes().values()) {
        if (attribute instanceof Attribute.Values(Tensor tensor)) {
          all.add(tensor);
        }
      }
    }
    return all;
  }
}
