package dev.tilewright.zoo.build;

import dev.tilewright.onnx.OnnxModel;
import dev.tilewright.onnx.OnnxNode;
import dev.tilewright.onnx.Signature;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A block or network at fixed input sizes, without weights: what it computes, what it costs, what
 * it has to be given. Immutable.
 *
 * <p>Its model has the inputs {@code x}, or {@code x0, x1, ...}, and the outputs {@code y}, or
 * {@code y0, y1, ...}, in the block's order.
 */
public final class Blueprint {
  /** The first with LayerNormalization. */
  private static final int OPSET = 17;

  private final List<Signature> inputs;
  private final Map<String, TensorType> outputs;
  private final List<Signature> results;
  private final List<OnnxNode> nodes;
  private final Emitter parts;

  private Blueprint(
      List<Signature> inputs,
      Map<String, TensorType> outputs,
      List<Signature> results,
      List<OnnxNode> nodes,
      Emitter parts) {
    this.inputs = inputs;
    this.outputs = outputs;
    this.results = results;
    this.nodes = nodes;
    this.parts = parts;
  }

  /**
   * Builds a block.
   *
   * @throws RuleException if it cannot take such inputs
   */
  public static Blueprint of(Block block, Shape... shapes) {
    List<Feature> inputs = new ArrayList<>();
    for (int i = 0; i < shapes.length; i++) {
      inputs.add(
          new Feature(shapes.length == 1 ? "x" : "x" + i, TensorType.floats(shapes[i]), "", false));
    }
    Emitter emitter = new Emitter();
    List<Feature> results = block.apply(new Layers(emitter, ""), inputs);
    Map<String, String> renamed = new HashMap<>();
    Map<String, TensorType> outputs = new LinkedHashMap<>();
    List<Signature> said = new ArrayList<>();
    Set<String> taken = new HashSet<>(inputs.stream().map(Feature::name).toList());
    for (int i = 0; i < results.size(); i++) {
      Feature result = results.get(i);
      if (!taken.add(result.name())) { // an input, or the same value twice
        result = emitter.emit("identity", "Identity", Map.of(), result.shape(), result);
      }
      String name = results.size() == 1 ? "y" : "y" + i;
      renamed.put(result.name(), name);
      outputs.put(name, result.type());
      said.add(signature(name, result));
    }
    List<OnnxNode> nodes = emitter.nodes.stream().map(node -> renamed(node, renamed)).toList();
    return new Blueprint(
        inputs.stream().map(input -> signature(input.name(), input)).toList(),
        Collections.unmodifiableMap(outputs),
        List.copyOf(said),
        nodes,
        emitter);
  }

  private static Signature signature(String name, Feature value) {
    Signature known = Signature.of(name, value.type());
    if (!value.isOpen()) {
      return known;
    }
    List<Signature.Dim> dims = new ArrayList<>(known.dims());
    dims.set(0, new Signature.Dim(value.many(), -1));
    return new Signature(name, value.dtype(), dims);
  }

  private static OnnxNode renamed(OnnxNode node, Map<String, String> names) {
    return new OnnxNode(
        node.name(),
        node.domain(),
        node.opType(),
        node.inputs().stream().map(name -> names.getOrDefault(name, name)).toList(),
        node.outputs().stream().map(name -> names.getOrDefault(name, name)).toList(),
        node.attributes());
  }

  /** Shapes of the inputs by name, in the block's order. */
  public Map<String, Shape> inputs() {
    Map<String, Shape> shapes = new LinkedHashMap<>();
    for (Signature input : inputs) {
      shapes.put(input.name(), new Shape(input.dims().stream().map(Signature.Dim::size).toList()));
    }
    return shapes;
  }

  /**
   * Types of the outputs by name, in the block's order; where data decide how many there are, of
   * the most.
   */
  public Map<String, TensorType> outputs() {
    return outputs;
  }

  /** What the model says of its outputs: dimensions that data decide are open. */
  public List<Signature> results() {
    return results;
  }

  /**
   * Multiply-accumulates of the convolutions and matrix products of one run, as it is built; where
   * data decide how many there are of something, of the most.
   */
  public long macs() {
    return parts.macs();
  }

  /** How many numbers are learned; statistics of batch normalisation are not. */
  public long parameters() {
    return weights().stream()
        .filter(Parameter::learned)
        .mapToLong(parameter -> parameter.shape().elements())
        .sum();
  }

  /** All that has to be given, in the order in which a run needs it. */
  public List<Parameter> weights() {
    return List.copyOf(parts.parameters.values());
  }

  /**
   * The model.
   *
   * @throws RuleException if the source has not the weights of this network
   */
  public OnnxModel onnx(WeightSource source) {
    Map<String, Tensor> initializers = new LinkedHashMap<>(source.weights(weights()));
    initializers.putAll(parts.constants);
    return new OnnxModel(
        Map.of("", OPSET), inputs, List.copyOf(outputs.keySet()), nodes, initializers);
  }

  /**
   * The model as the bytes of an ONNX file, which {@code Model.of} and any other runtime take.
   *
   * @throws RuleException if the source has not the weights of this network
   */
  public byte[] file(WeightSource source) {
    return onnx(source).toBytes(results);
  }
}
