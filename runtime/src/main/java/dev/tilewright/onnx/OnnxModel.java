package dev.tilewright.onnx;

import dev.tilewright.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

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
    nodes = NodeOrder.sort(inputs, outputs, nodes, initializers.keySet());
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

  /** Every tensor of the file: initializers and values of attributes. */
  public List<Tensor> tensors() {
    List<Tensor> all = new ArrayList<>(initializers.values());
    for (OnnxNode node : nodes) {
      for (Attribute attribute : node.attributes().values()) {
        if (attribute instanceof Attribute.Values(Tensor tensor)) {
          all.add(tensor);
        }
      }
    }
    return all;
  }
}
