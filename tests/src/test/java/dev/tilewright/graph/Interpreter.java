package dev.tilewright.graph;

import dev.tilewright.backend.Backend;
import dev.tilewright.conv.ConvAlgorithm;
import dev.tilewright.conv.ConvProblem;
import dev.tilewright.conv.Tile;
import dev.tilewright.conv.Weights;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.op.Operators;
import dev.tilewright.reference.ReferenceBackend;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.View;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Runs a graph node by node on the reference kernels, every value in memory of its own: no passes,
 * no planner, no views. What a plan computes is held against this.
 */
public final class Interpreter {
  private static final Backend REFERENCE = new ReferenceBackend();

  private Interpreter() {}

  public static Map<String, Tensor> run(Graph graph, Map<String, Tensor> inputs) {
    Map<Value, Tensor> values = new HashMap<>(graph.constants());
    graph.inputs().forEach(v -> values.put(v, inputs.get(v.name())));
    for (Node node : graph.nodes()) {
      List<Tensor> in = node.inputs().stream().map(values::get).toList();
      List<Tensor> out =
          node.op() instanceof Op.Conv conv
              ? List.of(convolution(conv, in, node))
              : Operators.evaluate(
                  node.op(), in, node.outputs().stream().map(Value::type).toList());
      for (int i = 0; i < out.size(); i++) {
        values.put(node.outputs().get(i), out.get(i));
      }
    }
    Map<String, Tensor> results = new LinkedHashMap<>();
    graph.outputs().forEach((name, value) -> results.put(name, values.get(value)));
    return results;
  }

  private static Tensor convolution(Op.Conv conv, List<Tensor> in, Node node) {
    ConvAlgorithm direct = REFERENCE.convolutions().getFirst();
    try (Arena arena = Arena.ofConfined()) {
      List<View> views = new ArrayList<>();
      views.add(View.dense(copy(in.getFirst(), arena), in.getFirst().type()));
      if (conv.epilogue().residual()) {
        views.add(View.dense(copy(in.getLast(), arena), in.getLast().type()));
      }
      MemorySegment dst = Arena.ofAuto().allocate(node.output().type().bytes(), 64);
      ConvProblem problem =
          new ConvProblem(conv.shape(in.getFirst().shape(), in.get(1).shape()), conv.epilogue(), 1);
      Weights weights = new Weights(in.get(1), conv.epilogue().bias() ? in.get(2) : null, arena);
      Task task =
          direct
              .prepare(problem, Tile.NONE, weights)
              .bind(
                  new Operands(
                      views,
                      List.of(View.dense(dst.address(), node.output().type())),
                      0,
                      0,
                      arena));
      task.run(0, task.parts(), 0);
      return new Tensor(node.output().type(), dst);
    }
  }

  private static long copy(Tensor tensor, Arena arena) {
    return arena
        .allocate(Math.max(1, tensor.type().bytes()), 64)
        .asSlice(0, tensor.type().bytes())
        .copyFrom(tensor.data())
        .address();
  }
}
