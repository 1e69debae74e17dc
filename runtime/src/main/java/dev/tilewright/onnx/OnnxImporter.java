package dev.tilewright.onnx;

import dev.tilewright.graph.Graph;
import dev.tilewright.graph.GraphBuilder;
import dev.tilewright.graph.ShapeException;
import dev.tilewright.graph.Value;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.TensorType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Turns a model into a graph for given input shapes.
 *
 * <p>Nodes are walked in order with all types and all constants known. What depends on nothing but
 * weights and shapes folds into constants on the way, so that shapes computed by nodes (Shape,
 * Gather, Concat, Reshape) need no case of their own.
 */
public final class OnnxImporter {
  private OnnxImporter() {}

  /**
   * Whether this runtime has all that the model needs, as far as can be said without input shapes.
   *
   * @throws UnsupportedModelException listing everything that is missing, with counts
   */
  public static void check(OnnxModel model) {
    Set<String> used = used(model);
    Map<String, Integer> missing = new LinkedHashMap<>();
    for (OnnxNode node : model.nodes()) {
      String refusal = refusal(model, node, used);
      if (refusal != null) {
        missing.merge(refusal, 1, Integer::sum);
      }
    }
    if (!missing.isEmpty()) {
      throw new UnsupportedModelException(
          missing.entrySet().stream().map(e -> e.getKey() + " x" + e.getValue()).toList());
    }
  }

  /**
   * The graph of a model.
   *
   * @param inputShapes per input of the model; shapes as the model file means them (images are [N,
   *     C, H, W])
   * @param folder computes nodes whose inputs are constants
   * @throws InputException if the shapes are not ones that the model takes
   * @throws UnsupportedModelException if something is missing in this runtime
   * @throws ModelFormatException if a node cannot take its inputs
   */
  public static Graph graph(
      OnnxModel model, Map<String, Shape> inputShapes, GraphBuilder.Folder folder) {
    check(model);
    InputShapes.check(model.inputs(), inputShapes);
    FoldingBudget budget = new FoldingBudget(model, folder);
    GraphBuilder graph = new GraphBuilder(budget);
    Map<String, Value> values = new HashMap<>();
    for (Signature input : model.inputs()) {
      Shape shape = inputShapes.getOrDefault(input.name(), Shape.SCALAR);
      values.put(input.name(), graph.input(input.name(), new TensorType(input.dtype(), shape)));
    }
    model.initializers().forEach((name, t) -> values.put(name, graph.constant(name, t)));
    for (OnnxNode node : model.nodes()) {
      List<Value> results = run(model, node, values, graph, budget);
      for (int i = 0; i < Math.min(results.size(), node.outputs().size()); i++) {
        values.put(node.outputs().get(i), results.get(i));
      }
    }
    for (String output : model.outputs()) {
      Value value = values.get(output);
      if (value == null) {
        throw new ModelFormatException("nothing computes the output '" + output + "'");
      }
      graph.output(output, value);
    }
    return graph.build();
  }

  private static List<Value> run(
      OnnxModel model,
      OnnxNode node,
      Map<String, Value> values,
      GraphBuilder graph,
      FoldingBudget budget) {
    int opset = opset(model, node);
    ImportTable.Row row = ImportTable.find(node, opset);
    if (row == null) {
      throw new IllegalStateException("check() let " + node.operator() + " pass");
    }
    List<@Nullable Value> inputs = new ArrayList<>();
    for (String name : node.inputs()) {
      Value value = values.get(name);
      if (value == null && !name.isEmpty()) {
        throw node.bad("nothing computes its input '" + name + "'");
      }
      inputs.add(value);
    }
    try {
      List<@Nullable Value> meant = OldOpsets.inputs(node, opset, inputs, graph);
      return row.run().apply(new NodeScope(node, opset, meant, graph, budget));
    } catch (ShapeException
        | IllegalArgumentException
        | ArithmeticException
        | IndexOutOfBoundsException e) {
      ModelFormatException bad = node.bad(String.valueOf(e.getMessage()));
      bad.initCause(e);
      throw bad;
    }
  }

  /** Why a node cannot be imported, or null. */
  private static @Nullable String refusal(OnnxModel model, OnnxNode node, Set<String> used) {
    int opset = opset(model, node);
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

  private static int opset(OnnxModel model, OnnxNode node) {
    Integer opset = model.opsets().get(node.domain());
    if (opset == null) {
      throw node.bad("the model does not say which opset of '" + node.domain() + "' it uses");
    }
    return opset;
  }

  private static Set<String> used(OnnxModel model) {
    Set<String> used = new HashSet<>(model.outputs());
    model.nodes().forEach(node -> used.addAll(node.inputs()));
    used.remove("");
    return used;
  }
}
