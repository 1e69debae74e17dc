package dev.tilewright.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.backend.Backend;
import dev.tilewright.conv.ConvAlgorithm;
import dev.tilewright.conv.ConvConformance;
import dev.tilewright.conv.ConvProblem;
import dev.tilewright.conv.ConvShape;
import dev.tilewright.conv.Cost;
import dev.tilewright.conv.Rounding;
import dev.tilewright.conv.Tile;
import dev.tilewright.conv.Weights;
import dev.tilewright.graph.Graph;
import dev.tilewright.graph.Interpreter;
import dev.tilewright.graph.RandomGraphs;
import dev.tilewright.graph.Value;
import dev.tilewright.kernel.Applicability;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.op.OpProblem;
import dev.tilewright.op.Operators;
import dev.tilewright.pass.Passes;
import dev.tilewright.reference.ReferenceBackend;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.View;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Plans of arbitrary graphs compute what the graph says, in an arena full of NaN: no view, in-place
 * concatenation or reused buffer loses or overwrites a value that is still needed.
 */
class RandomGraphPlanTest {
  private static final int GRAPHS = 600;

  @Test
  void plansOfRawGraphsComputeTheSame() {
    for (long seed = 1000; seed < 1000 + GRAPHS; seed++) {
      RandomGraphs.Case c = RandomGraphs.of(seed);
      check(seed, c, c.graph());
    }
  }

  @Test
  void plansOfRewrittenGraphsComputeTheSame() {
    for (long seed = 5000; seed < 5000 + GRAPHS; seed++) {
      RandomGraphs.Case c = RandomGraphs.of(seed);
      check(seed, c, Passes.standard(c.graph(), Operators::evaluate));
    }
  }

  /** Over their inputs and beside them, the same kernels compute the same bits. */
  @Test
  void stepsInPlaceComputeTheSameBits() {
    int inPlace = 0;
    for (Backend backend : ConvConformance.backends()) {
      if (backend.name().equals("vector")) {
        continue; // kernels of their own for each shape: OperatorsTest compares them
      }
      List<Backend> may = List.of(backend, new ReferenceBackend());
      List<Backend> mayNot = may.stream().<Backend>map(Apart::new).toList();
      for (long seed = 9000; seed < 9000 + GRAPHS; seed++) {
        RandomGraphs.Case c = RandomGraphs.of(seed);
        Graph graph = Passes.standard(c.graph(), Operators::evaluate);
        try (Arena arena = Arena.ofShared()) {
          Plan over = plan(graph, may, arena);
          Plan apart = plan(graph, mayNot, arena);
          inPlace += (int) over.steps().stream().filter(over::isInPlace).count();
          assertThat(apart.steps()).noneMatch(apart::isInPlace);
          Map<String, byte[]> got = run(seed, c, over, arena);
          Map<String, byte[]> want = run(seed, c, apart, arena);
          for (String name : want.keySet()) {
            assertThat(got.get(name))
                .as("seed %d, %s, %s", seed, name, graph)
                .isEqualTo(want.get(name));
          }
        }
      }
    }
    assertThat(inPlace).isGreaterThan(GRAPHS / 10);
  }

  private static void check(long seed, RandomGraphs.Case c, Graph graph) {
    Map<String, Tensor> want = Interpreter.run(c.graph(), c.inputs());
    try (Arena arena = Arena.ofShared()) {
      Plan plan = plan(graph, List.of(new ReferenceBackend()), arena);
      buffersDoNotMeet(seed, plan);
      run(seed, c, plan, arena)
          .forEach((name, bytes) -> {
            float[] got = MemorySegment.ofArray(bytes).toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
            float[] expected = want.get(name).toFloats();
            for (int i = 0; i < got.length; i++) {
              assertThat(got[i])
                  .as("seed %d, %s[%d], %s", seed, name, i, graph)
                  .isCloseTo(
                      expected[i],
                      org.assertj.core.data.Offset.offset(
                          1e-4f * Math.max(1, Math.abs(expected[i]))));
            }
          });
    }
  }

  private static Plan plan(Graph graph, List<Backend> backends, Arena arena) {
    return new Planner(new Memory(arena), new Planner.Means(backends, "auto", 1)).plan(graph);
  }

  /** In the arena at the same time, and the bound is what is alive at the worst step. */
  private static void buffersDoNotMeet(long seed, Plan plan) {
    for (Plan.Buffer a : plan.buffers()) {
      assertThat(a.offset() + a.bytes()).isLessThanOrEqualTo(plan.arenaBytes());
      for (Plan.Buffer b : plan.buffers()) {
        boolean together = a.first() <= b.last() && b.first() <= a.last();
        boolean meet = a.offset() < b.offset() + b.bytes() && b.offset() < a.offset() + a.bytes();
        assertThat(!a.equals(b) && together && meet).as("seed %d: %s, %s", seed, a, b).isFalse();
      }
    }
    long most = 0;
    for (int i = -1; i <= plan.steps().size(); i++) {
      int step = i;
      most =
          Math.max(
              most,
              plan.buffers().stream()
                  .filter(b -> b.first() <= step && step <= b.last())
                  .mapToLong(b -> (b.bytes() + 63) / 64 * 64)
                  .sum());
    }
    assertThat(plan.lowerBoundBytes()).as("seed %d", seed).isEqualTo(most);
    assertThat(plan.arenaBytes()).isGreaterThanOrEqualTo(most);
  }

  /** The outputs of a run in memory full of NaN, which leaves the inputs as they are. */
  private static Map<String, byte[]> run(long seed, RandomGraphs.Case c, Plan plan, Arena arena) {
    MemorySegment memory = arena.allocate(plan.arenaBytes() + 64, 64);
    for (long i = 0; i < memory.byteSize() / 4; i++) {
      memory.setAtIndex(ValueLayout.JAVA_FLOAT, i, Float.NaN);
    }
    plan.inputs()
        .forEach((name, value) ->
            MemorySegment.copy(
                c.inputs().get(name).data(),
                0,
                memory,
                plan.places().get(value).offset(),
                value.type().bytes()));
    for (int i = 0; i < plan.steps().size(); i++) {
      Plan.Step step = plan.steps().get(i);
      Plan.Scratch scratch = plan.scratch().get(i);
      Task task =
          step.kernel()
              .bind(
                  new Operands(
                      step.inputs().stream().map(v -> view(plan, memory, v)).toList(),
                      step.outputs().stream().map(v -> view(plan, memory, v)).toList(),
                      memory.address() + scratch.offset(),
                      scratch.stride(),
                      arena));
      if (task.before() instanceof Task first) {
        first.run(0, first.parts(), 0);
      }
      task.run(0, task.parts(), 0);
    }
    c.inputs()
        .forEach((name, tensor) ->
            assertThat(bytes(view(plan, memory, plan.inputs().get(name))).mismatch(tensor.data()))
                .as("seed %d: a run must leave input %s as it is", seed, name)
                .isEqualTo(-1));
    Map<String, byte[]> outputs = new LinkedHashMap<>();
    plan.outputs()
        .forEach((name, value) -> {
          View v = view(plan, memory, value);
          assertThat(v.isDense()).as("seed %d: output %s", seed, name).isTrue();
          outputs.put(name, bytes(v).toArray(ValueLayout.JAVA_BYTE));
        });
    return outputs;
  }

  private static MemorySegment bytes(View view) {
    return MemorySegment.ofAddress(view.address()).reinterpret(view.type().bytes());
  }

  private static View view(Plan plan, MemorySegment memory, Value value) {
    Plan.Place place = plan.places().get(value);
    return place == null
        ? View.dense(plan.constants().get(value).data().address(), value.type())
        : new View(memory.address() + place.offset(), value.type(), place.rowStride());
  }

  /** Keeps nothing: these plans are used once. */
  private record Memory(Arena arena) implements Planner.ModelMemory {
    @Override
    public Weights weights(Tensor filter, @Nullable Tensor bias) {
      return new Weights(filter, bias, arena);
    }

    @Override
    public Tensor resident(Tensor constant) {
      return constant.copy(arena);
    }

    @Override
    public long packedBytes() {
      return 0;
    }
  }

  /** A backend none of whose kernels writes over an input. */
  private record Apart(Backend of) implements Backend {
    private record ApartKernel(Kernel of) implements Kernel {
      @Override
      public Task bind(Operands operands) {
        return of.bind(operands);
      }

      @Override
      public long workspaceBytes() {
        return of.workspaceBytes();
      }

      @Override
      public boolean acceptsStridedRows() {
        return of.acceptsStridedRows();
      }
    }

    private record ApartConv(ConvAlgorithm of) implements ConvAlgorithm {
      @Override
      public String id() {
        return of.id();
      }

      @Override
      public Applicability check(ConvProblem problem) {
        return of.check(problem);
      }

      @Override
      public List<Tile> tiles(ConvProblem problem) {
        return of.tiles(problem);
      }

      @Override
      public Cost cost(ConvProblem problem, Tile tile) {
        return of.cost(problem, tile);
      }

      @Override
      public Rounding rounding(ConvShape shape) {
        return of.rounding(shape);
      }

      @Override
      public Kernel prepare(ConvProblem problem, Tile tile, Weights weights) {
        return new ApartKernel(of.prepare(problem, tile, weights));
      }
    }

    @Override
    public String name() {
      return of.name();
    }

    @Override
    public Applicability available() {
      return of.available();
    }

    @Override
    public List<ConvAlgorithm> convolutions() {
      return of.convolutions().stream().<ConvAlgorithm>map(ApartConv::new).toList();
    }

    /** The portable kernels too, as this backend's own. */
    @Override
    public Optional<Kernel> operator(OpProblem problem) {
      Optional<Kernel> own = of.operator(problem);
      return name().equals("reference") || own.isPresent()
          ? Optional.of(new ApartKernel(own.orElseGet(() -> Operators.kernel(problem))))
          : own;
    }
  }
}
