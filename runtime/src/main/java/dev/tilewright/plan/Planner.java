package dev.tilewright.plan;

import dev.tilewright.backend.Backend;
import dev.tilewright.conv.Weights;
import dev.tilewright.database.TuningTable;
import dev.tilewright.graph.Graph;
import dev.tilewright.graph.Node;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Value;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.tensor.Tensor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.IntStream;
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

  /**
   * What a plan may use.
   *
   * @param backends preferred ones first
   * @param choice how the user named them: {@code auto} or one backend
   * @param tuning what was measured for that choice
   */
  public record Means(List<Backend> backends, String choice, int threads, TuningTable tuning) {
    public Means {
      backends = List.copyOf(backends);
    }

    /** Without measurements. */
    public Means(List<Backend> backends, String choice, int threads) {
      this(backends, choice, threads, TuningTable.empty());
    }
  }

  private static final Comparator<Node> BY_WEIGHTS =
      Comparator.comparingLong(n -> n.op() instanceof Op.Conv ? n.input(1).shape().elements() : 0);

  private final ModelMemory memory;
  private final Means means;
  private final Fusing fusing;

  public Planner(ModelMemory memory, Means means) {
    this(memory, means, Fusing.of(fusing()));
  }

  /** How this process fuses layers, as text: plans depend on it. */
  public static String fusing() {
    return System.getProperty(Fusing.PROPERTY, "auto");
  }

  Planner(ModelMemory memory, Means means, Fusing fusing) {
    this.memory = memory;
    this.means = means;
    this.fusing = fusing;
  }

  public Plan plan(Graph imported) {
    Selection selection = new Selection(means, memory::weights);
    Graph read = fusing.allowed() ? SharedReads.of(imported, means.backends()) : imported;
    Joining joining = new Joining(read, means.backends(), fusing);
    Summing summing = new Summing(joining.graph(), selection, fusing);
    Fusion fusion = new Fusion(summing.graph(), selection, fusing);
    Graph graph = fusion.graph();
    Map<Node, Selection.Chosen> chosen =
        choose(
            graph,
            node -> {
              Backend joins = joining.backend(node);
              return joining.explained(
                  node,
                  joins == null
                      ? summing.choose(node, fusion)
                      : selection.choose(node, graph, joins));
            });
    Map<Node, Kernel> kernels = new HashMap<>();
    chosen.forEach((node, c) -> kernels.put(node, c.kernel()));
    Arrangement arrangement = new Arrangement(graph, kernels);
    Schedule schedule = new Schedule(graph, arrangement, selection, chosen);
    List<Plan.Step> steps = order(graph, schedule);

    Lifetimes lifetimes = new Lifetimes(graph, schedule, steps);
    MemoryPlanner.Layout layout = MemoryPlanner.plan(lifetimes.buffers());
    Map<Value, Plan.Place> places = new LinkedHashMap<>();
    schedule
        .spots()
        .forEach((value, spot) -> {
          Integer buffer = lifetimes.bufferOf().get(spot.root());
          if (buffer != null) {
            long bytes = spot.offset() * value.type().dtype().bytes();
            places.put(
                value, new Plan.Place(layout.offsets().get(buffer) + bytes, spot.rowStride()));
          }
        });
    List<Plan.Scratch> scratch = new ArrayList<>();
    for (int i = 0; i < steps.size(); i++) {
      long stride = Operands.workspaceStride(steps.get(i).kernel().workspaceBytes());
      scratch.add(new Plan.Scratch(layout.offsets().get(lifetimes.scratchOf(i)), stride));
    }
    Map<Value, Tensor> constants = new LinkedHashMap<>();
    for (Plan.Step step : steps) {
      step.inputs().stream()
          .filter(graph.constants()::containsKey)
          .forEach(v -> constants.put(v, resident(graph, v)));
    }
    graph.outputs().values().stream()
        .filter(graph.constants()::containsKey)
        .forEach(v -> constants.put(v, resident(graph, v)));
    Map<String, Value> inputs = new LinkedHashMap<>();
    graph.inputs().forEach(v -> inputs.put(v.name(), v));
    return new Plan(
        steps,
        inputs,
        graph.outputs(),
        places,
        constants,
        means.threads(),
        scratch,
        buffers(lifetimes, layout),
        layout.bytes(),
        layout.lowerBound(),
        layout.bytes() + steps.stream().mapToLong(step -> step.kernel().packedBytes()).sum(),
        memory.packedBytes(),
        imported.macs());
  }

  /**
   * In parallel, for packing weights and making kernels take most of the time of a start. The
   * largest first, each taken by whoever is free: half of a network's weights may be in its last
   * few layers.
   */
  private static Map<Node, Selection.Chosen> choose(
      Graph graph, Function<Node, Selection.Chosen> choice) {
    List<Node> nodes =
        graph.nodes().stream()
            .filter(n -> !(n.op() instanceof Op.Reshape) && !Arrangement.isSeparable(n))
            .toList();
    List<Node> largestFirst = nodes.stream().sorted(BY_WEIGHTS.reversed()).toList();
    Map<Node, Selection.Chosen> choices = new ConcurrentHashMap<>();
    AtomicInteger next = new AtomicInteger();
    IntStream.rangeClosed(0, ForkJoinPool.getCommonPoolParallelism())
        .parallel()
        .forEach(thread -> {
          for (int i = next.getAndIncrement(); i < nodes.size(); i = next.getAndIncrement()) {
            Node node = largestFirst.get(i);
            choices.put(node, choice.apply(node));
          }
        });
    Map<Node, Selection.Chosen> chosen = new LinkedHashMap<>();
    nodes.forEach(node -> chosen.put(node, Objects.requireNonNull(choices.get(node))));
    return chosen;
  }

  private Tensor resident(Graph graph, Value value) {
    Tensor tensor = graph.constants().get(value);
    if (tensor == null) {
      throw new IllegalStateException("not a constant: " + value);
    }
    return memory.resident(tensor);
  }

  private static List<Plan.Step> order(Graph graph, Schedule schedule) {
    Set<Value> kept = new HashSet<>(graph.inputs());
    graph.outputs().values().stream()
        .map(schedule::root)
        .filter(schedule::hasPlace) // an output may be a constant
        .forEach(kept::add);
    return Order.best(
        schedule.steps(),
        schedule,
        kept,
        steps -> MemoryPlanner.lowerBound(new Lifetimes(graph, schedule, steps).buffers()));
  }

  private static List<Plan.Buffer> buffers(Lifetimes lifetimes, MemoryPlanner.Layout layout) {
    List<Plan.Buffer> buffers = new ArrayList<>();
    for (int i = 0; i < lifetimes.buffers().size(); i++) {
      MemoryPlanner.Buffer b = lifetimes.buffers().get(i);
      if (b.bytes() > 0) {
        long offset = layout.offsets().get(i);
        boolean scratch = i >= lifetimes.scratchOf(0);
        buffers.add(new Plan.Buffer(b.name(), scratch, offset, b.bytes(), b.first(), b.last()));
      }
    }
    return buffers;
  }
}
