package dev.tilewright.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.Workers;
import dev.tilewright.conv.Weights;
import dev.tilewright.graph.Value;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.View;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A plan bound to memory full of NaN, which ends in a canary. */
final class PlanRun {
  private static final int CANARY = 0x7fe5_c0de;

  private final Plan plan;
  private final MemorySegment memory;
  private final List<Task> tasks = new ArrayList<>();
  private final List<Workers.Region> regions = new ArrayList<>();

  PlanRun(Plan plan, Map<String, Tensor> inputs, Arena arena) {
    this.plan = plan;
    memory = arena.allocate(plan.arenaBytes() + 64, 64);
    for (long i = 0; i < memory.byteSize() / 4; i++) {
      memory.setAtIndex(ValueLayout.JAVA_INT, i, CANARY);
    }
    plan.inputs()
        .forEach((name, value) ->
            MemorySegment.copy(
                inputs.get(name).data(),
                0,
                memory,
                plan.places().get(value).offset(),
                value.type().bytes()));
    for (int i = 0; i < plan.steps().size(); i++) {
      Plan.Step step = plan.steps().get(i);
      Task task =
          step.kernel()
              .bind(
                  new Operands(
                      step.inputs().stream().map(this::view).toList(),
                      step.outputs().stream().map(this::view).toList(),
                      memory.address() + plan.scratch().get(i).offset(),
                      plan.scratch().get(i).stride(),
                      arena));
      if (task.before() instanceof Task first) {
        add(first, step.threads());
      }
      add(task, step.threads());
    }
  }

  private void add(Task task, int threads) {
    tasks.add(task);
    regions.add(new Workers.Region(task, threads));
  }

  /** On the calling thread alone. */
  PlanRun run() {
    tasks.forEach(task -> task.run(0, task.parts(), 0));
    return this;
  }

  /** With as many threads as were planned for. */
  PlanRun run(Workers workers) {
    workers.begin();
    regions.forEach(workers::run);
    workers.end();
    return this;
  }

  View view(Value value) {
    Plan.Place place = plan.places().get(value);
    return place == null
        ? View.dense(plan.constants().get(value).data().address(), value.type())
        : new View(memory.address() + place.offset(), value.type(), place.rowStride());
  }

  /** The values of the outputs; fails if something was written behind the arena. */
  Map<String, float[]> outputs() {
    for (long i = plan.arenaBytes() / 4; i < memory.byteSize() / 4; i++) {
      assertThat(memory.getAtIndex(ValueLayout.JAVA_INT, i)).isEqualTo(CANARY);
    }
    Map<String, float[]> outputs = new LinkedHashMap<>();
    plan.outputs()
        .forEach((name, value) -> {
          View v = view(value);
          assertThat(v.isDense()).as("output %s", name).isTrue();
          outputs.put(
              name,
              MemorySegment.ofAddress(v.address())
                  .reinterpret(v.type().bytes())
                  .toArray(ValueLayout.JAVA_FLOAT_UNALIGNED));
        });
    return outputs;
  }

  /** Memory of a model for plans that are used for a while. */
  static Planner.ModelMemory memory(Arena arena) {
    return new Memory(arena, new HashMap<>());
  }

  private record Memory(Arena arena, Map<Tensor, Weights> packed) implements Planner.ModelMemory {
    @Override
    public synchronized Weights weights(Tensor filter, @Nullable Tensor bias) {
      return packed.computeIfAbsent(filter, f -> new Weights(f, bias, arena));
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
}
