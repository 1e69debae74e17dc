package dev.tilewright.plan;

import dev.tilewright.backend.Backend;
import dev.tilewright.conv.Weights;
import dev.tilewright.graph.Graph;
import dev.tilewright.graph.Node;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Value;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.plan.MemoryPlanner.Buffer;
import dev.tilewright.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Lowers a graph to a plan: what computes each layer, then where each value lives. */
public final class Planner {
  /** The model's memory for packed weights and for constants that steps read. */
  public interface ModelMemory {
    /** The weights over these tensors; the same object for the same tensors. */
    Weights weights(Tensor filter, @Nullable Tensor bias);

    /** The tensor in native memory, 64-byte aligned; the same for the same tensor. */
    Tensor resident(Tensor constant);

    /** Bytes of all packed weights. */
    long packedBytes();
  }

  private final ModelMemory memory;
  private final List<Backend> backends;
  private final String choice;
  private final int threads;

  /**
   * @param backends that may be used, preferred ones first
   * @param choice how the user named them: {@code auto} or one backend
   */
  public Planner(ModelMemory memory, List<Backend> backends, String choice, int threads) {
    this.memory = memory;
    this.backends = backends;
    this.choice = choice;
    this.threads = threads;
  }

  public Plan plan(Graph graph) {
    Selection selection = new Selection(backends, choice, threads, memory::weights);
    Map<Node, Selection.Chosen> chosen = choose(selection, graph);
    Map<Node, Kernel> kernels = new HashMap<>();
    chosen.forEach((node, c) -> kernels.put(node, c.kernel()));
    Arrangement arrangement = new Arrangement(graph, kernels);
    Schedule schedule = new Schedule(graph, arrangement, selection, chosen);
    List<Plan.Step> steps = schedule.steps();

    MemoryPlanner.Layout layout = MemoryPlanner.plan(buffers(graph, arrangement, schedule, steps));
    Map<Value, Plan.Place> places = new LinkedHashMap<>();
    schedule
        .spots()
        .forEach((value, spot) -> {
          Long start = layout.offsets().get(spot.root());
          if (start != null) {
            long bytes = spot.offset() * value.type().dtype().bytes();
            places.put(value, new Plan.Place(start + bytes, spot.rowStride()));
          }
        });
    Map<Value, Tensor> constants = new LinkedHashMap<>();
    for (Plan.Step step : steps) {
      step.inputs().stream()
          .filter(graph.constants()::containsKey)
          .forEach(v -> constants.put(v, resident(graph, v)));
    }
    graph.outputs().values().stream()
        .filter(graph.constants()::containsKey)
        .forEach(v -> constants.put(v, resident(graph, v)));
    long workspace = steps.stream().mapToLong(s -> s.kernel().workspaceBytes()).max().orElse(0);
    long stride = (workspace + 4095) / 4096 * 4096;
    Map<String, Value> inputs = new LinkedHashMap<>();
    graph.inputs().forEach(v -> inputs.put(v.name(), v));
    return new Plan(
        steps,
        inputs,
        graph.outputs(),
        places,
        constants,
        threads,
        layout.bytes() + stride * threads,
        layout.lowerBound(),
        layout.bytes(),
        stride,
        memory.packedBytes(),
        graph.macs());
  }

  /** In parallel, for packing weights and making kernels take most of the time of a start. */
  private static Map<Node, Selection.Chosen> choose(Selection selection, Graph graph) {
    List<Node> nodes =
        graph.nodes().stream()
            .filter(n -> !(n.op() instanceof Op.Reshape) && !Arrangement.isSeparable(n))
            .toList();
    List<Selection.Chosen> choices =
        nodes.parallelStream().map(n -> selection.choose(n, graph)).toList();
    Map<Node, Selection.Chosen> chosen = new LinkedHashMap<>();
    for (int i = 0; i < nodes.size(); i++) {
      chosen.put(nodes.get(i), choices.get(i));
    }
    return chosen;
  }

  private Tensor resident(Graph graph, Value value) {
    Tensor tensor = graph.constants().get(value);
    if (tensor == null) {
      throw new IllegalStateException("not a constant: " + value);
    }
    return memory.resident(tensor);
  }

  /** Every buffer with its life: from the first step that writes into it to the last that reads. */
  private static List<Buffer> buffers(
      Graph graph, Arrangement arrangement, Schedule schedule, List<Plan.Step> steps) {
    Map<Value, Integer> first = new HashMap<>();
    Map<Value, Integer> last = new HashMap<>();
    graph.inputs().forEach(v -> first.put(v, -1));
    for (int i = 0; i < steps.size(); i++) {
      for (Value v : steps.get(i).outputs()) {
        first.merge(schedule.root(v), i, Math::min);
        last.merge(schedule.root(v), i, Math::max);
      }
      for (Value v : steps.get(i).inputs()) {
        last.merge(schedule.root(v), i, Math::max);
      }
    }
    // Inputs keep their contents, so that a run can be repeated; outputs until the caller reads.
    graph.inputs().forEach(v -> last.put(v, steps.size()));
    graph.outputs().values().forEach(v -> last.put(schedule.root(v), steps.size()));
    List<Buffer> buffers = new ArrayList<>();
    first.forEach((root, start) -> {
      long rows = root.shape().elements() / Math.max(1, root.shape().last());
      long bytes = rows * arrangement.rowStride(root) * root.type().dtype().bytes();
      buffers.add(new Buffer(root, bytes, start, last.getOrDefault(root, start)));
    });
    return buffers;
  }
}
