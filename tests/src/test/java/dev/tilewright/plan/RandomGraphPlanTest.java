package dev.tilewright.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.conv.Weights;
import dev.tilewright.graph.Graph;
import dev.tilewright.graph.Interpreter;
import dev.tilewright.graph.RandomGraphs;
import dev.tilewright.graph.Value;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.op.Operators;
import dev.tilewright.pass.Passes;
import dev.tilewright.reference.ReferenceBackend;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.View;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Map;
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

  private static void check(long seed, RandomGraphs.Case c, Graph graph) {
    Map<String, Tensor> want = Interpreter.run(c.graph(), c.inputs());
    try (Arena arena = Arena.ofConfined()) {
      Plan plan =
          new Planner(new Memory(arena), List.of(new ReferenceBackend()), "auto", 1).plan(graph);
      assertThat(plan.arenaBytes()).isGreaterThanOrEqualTo(plan.lowerBoundBytes());
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
      for (Plan.Step step : plan.steps()) {
        Task task =
            step.kernel()
                .bind(
                    new Operands(
                        step.inputs().stream().map(v -> view(plan, memory, v)).toList(),
                        step.outputs().stream().map(v -> view(plan, memory, v)).toList(),
                        memory.address() + plan.workspaceOffset(),
                        plan.workspaceStride(),
                        arena));
        if (task.before() instanceof Task first) {
          first.run(0, first.parts(), 0);
        }
        task.run(0, task.parts(), 0);
      }
      plan.outputs()
          .forEach((name, value) -> {
            View v = view(plan, memory, value);
            assertThat(v.isDense()).as("seed %d: output %s", seed, name).isTrue();
            float[] got =
                MemorySegment.ofAddress(v.address())
                    .reinterpret(v.type().bytes())
                    .toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
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
      c.inputs()
          .forEach((name, tensor) -> {
            View v = view(plan, memory, plan.inputs().get(name));
            assertThat(
                    MemorySegment.ofAddress(v.address())
                        .reinterpret(v.type().bytes())
                        .mismatch(tensor.data()))
                .as("seed %d: a run must leave input %s as it is", seed, name)
                .isEqualTo(-1);
          });
    }
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
      MemorySegment copy = arena.allocate(Math.max(64, constant.type().bytes()), 64);
      return new Tensor(
          constant.type(), copy.asSlice(0, constant.type().bytes()).copyFrom(constant.data()));
    }

    @Override
    public long packedBytes() {
      return 0;
    }
  }
}
