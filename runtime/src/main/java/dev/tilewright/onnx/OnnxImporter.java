package dev.tilewright.onnx;

import dev.tilewright.graph.Graph;
import dev.tilewright.graph.GraphBuilder;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Turns a model into a graph for given input shapes; where values decide, into several stages. */
public final class OnnxImporter {
  private OnnxImporter() {}

  /**
   * Whether this runtime has all that the model needs, as far as can be said without input shapes.
   *
   * @throws UnsupportedModelException listing everything that is missing, with counts
   */
  public static void check(OnnxModel model) {
    Map<String, Integer> missing = new LinkedHashMap<>();
    collect(model, model.nodes(), model.outputs(), missing);
    if (!missing.isEmpty()) {
      throw new UnsupportedModelException(
          missing.entrySet().stream().map(e -> e.getKey() + " x" + e.getValue()).toList());
    }
  }

  /** In a graph and the graphs inside its nodes. */
  private static void collect(
      OnnxModel model, List<OnnxNode> nodes, List<String> outputs, Map<String, Integer> missing) {
    Set<String> used = used(outputs, nodes);
    for (OnnxNode node : nodes) {
      String refusal = refusal(model, node, used);
      if (refusal != null) {
        missing.merge(refusal, 1, Integer::sum);
      }
      for (OnnxBody body : node.bodies().values()) {
        collect(model, body.nodes(), body.outputs(), missing);
      }
    }
  }

  /**
   * The first stage of a model, which as a rule is all of it.
   *
   * @param inputShapes per input of the model; shapes as the model file means them (images are [N,
   *     C, H, W])
   * @param folder computes nodes whose inputs are constants
   * @throws InputException if the shapes are not ones that the model takes
   * @throws UnsupportedModelException if something is missing in this runtime
   * @throws ModelFormatException if a node cannot take its inputs
   */
  public static Stage first(
      OnnxModel model, Map<String, Shape> inputShapes, GraphBuilder.Folder folder) {
    check(model);
    InputShapes.check(model.inputs(), inputShapes);
    Scope scope = new Scope(null);
    Map<Signature, Slot> inputs = new LinkedHashMap<>();
    model.inputs().forEach(input -> inputs.put(input, define(input.name(), scope)));
    Map<Slot, Tensor> weights = new LinkedHashMap<>();
    model.initializers().forEach((name, t) -> weights.put(define(name, scope), t));
    List<Item> items = StageImporter.items(model.nodes(), scope, "");
    Map<String, Slot> outputs = new LinkedHashMap<>();
    model.outputs().forEach(name -> outputs.put(name, scope.find(name)));
    Bindings bindings = new Bindings(outputs);
    bindings.constants.putAll(weights);
    StageImporter stage =
        new StageImporter(model, new FoldingBudget(model, folder), bindings, items);
    inputs.forEach((input, slot) -> bind(input, slot, inputShapes, stage));
    weights.keySet().forEach(stage::value);
    return stage.run(1);
  }

  /** An input, or as many as a sequence has elements. */
  private static void bind(
      Signature input, Slot slot, Map<String, Shape> shapes, StageImporter stage) {
    List<Slot> tensors = new ArrayList<>();
    for (String name : input.tensors(shapes.keySet())) {
      Slot tensor = input.sequence() ? new Slot(name) : slot;
      Shape shape = shapes.getOrDefault(name, Shape.SCALAR);
      stage.input(tensor, new TensorType(input.dtype(), shape));
      tensors.add(tensor);
    }
    if (input.optional() && tensors.isEmpty()) {
      stage.bindNothing(slot);
    } else if (input.sequence()) {
      stage.bind(slot, tensors);
    }
  }

  private static Slot define(String name, Scope scope) {
    Slot slot = new Slot(name);
    scope.define(name, slot);
    return slot;
  }

  /**
   * The graph of a model that has one stage.
   *
   * @throws InputException if the shapes are not ones that the model takes
   * @throws UnsupportedModelException if something is missing in this runtime, or shapes depend on
   *     data
   * @throws ModelFormatException if a node cannot take its inputs
   */
  public static Graph graph(
      OnnxModel model, Map<String, Shape> inputShapes, GraphBuilder.Folder folder) {
    Stage stage = first(model, inputShapes, folder);
    if (!stage.isLast()) {
      throw new UnsupportedModelException(
          List.of("a graph of its own: " + stage.waiting() + " depends on data, " + stage.asked()));
    }
    return stage.graph();
  }

  /** Why a node cannot be imported, or null. */
  private static @Nullable String refusal(OnnxModel model, OnnxNode node, Set<String> used) {
    int opset = model.opset(node);
    ImportTable.Row row = ImportTable.find(node, opset);
    if (row == null) {
      return node.operator() + " (opset " + opset + ")";
    }
    for (int i = row.outputs(); i < node.outputs().size(); i++) {
      if (used.contains(node.outputs().get(i))) {
        return node.operator() + " (output " + i + ")";
      }
    }
    String why = row.refusal().apply(node);
    return why == null ? null : node.operator() + " (" + why + ")";
  }

  private static Set<String> used(List<String> outputs, List<OnnxNode> nodes) {
    Set<String> used = new HashSet<>(outputs);
    nodes.forEach(node -> used.addAll(node.reads()));
    return used;
  }
}
