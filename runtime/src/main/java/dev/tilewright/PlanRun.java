package dev.tilewright;

import dev.tilewright.backend.PagedArena;
import dev.tilewright.graph.Value;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.plan.Plan;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.View;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A stage's plan bound to memory of its own, for one session. */
final class PlanRun {
  private final PlannedStage stage; // keeps what the plan reads from being collected
  private final Plan plan;
  private final Arena arena = new PagedArena(Arena.ofShared());
  private final MemorySegment memory;
  private final Workers.Region[] regions;

  /** Per region, the step of the plan that it belongs to. */
  private final int[] stepOf;

  PlanRun(PlannedStage stage) {
    this.stage = stage;
    this.plan = stage.plan();
    List<Workers.Region> all = new ArrayList<>();
    List<Integer> owners = new ArrayList<>();
    try {
      memory = arena.allocate(Math.max(64, plan.arenaBytes()), 64);
      bind(all, owners);
    } catch (RuntimeException | Error e) {
      arena.close();
      throw e;
    }
    regions = all.toArray(Workers.Region[]::new);
    stepOf = owners.stream().mapToInt(i -> i).toArray();
  }

  private void bind(List<Workers.Region> all, List<Integer> owners) {
    for (int i = 0; i < plan.steps().size(); i++) {
      Plan.Step step = plan.steps().get(i);
      Operands operands =
          new Operands(
              views(step.inputs()),
              views(step.outputs()),
              memory.address() + plan.scratch().get(i).offset(),
              plan.scratch().get(i).stride(),
              arena);
      Task task = step.kernel().bind(operands);
      if (task.before() instanceof Task first) {
        all.add(new Workers.Region(first, step.threads()));
        owners.add(i);
      }
      all.add(new Workers.Region(task, step.threads()));
      owners.add(i);
    }
  }

  Plan plan() {
    return stage.plan();
  }

  /**
   * @throws IllegalArgumentException if the plan has no such input
   */
  Tensor input(String name) {
    return tensor(named(plan.inputs(), name));
  }

  List<String> outputs() {
    return List.copyOf(plan.outputs().keySet());
  }

  /**
   * @throws IllegalArgumentException if the plan has no such output
   */
  Tensor output(String name) {
    return tensor(named(plan.outputs(), name));
  }

  /** Runs every step once. Allocates nothing on the Java heap unless somebody watches. */
  void run(Workers workers, @Nullable RunWatch watch) {
    if (watch != null) {
      runWatched(workers, watch);
      return;
    }
    try {
      workers.begin();
      for (Workers.Region region : regions) {
        workers.run(region);
      }
    } finally {
      workers.end();
    }
  }

  private void runWatched(Workers workers, RunWatch watch) {
    watch.stage(plan);
    Workers.Region[] watched = new Workers.Region[regions.length];
    for (int i = 0; i < regions.length; i++) {
      int step = stepOf[i];
      watched[i] = regions[i].with(task -> watch.task(step, task));
    }
    try {
      workers.begin();
      int region = 0;
      for (int step = 0; step < plan.steps().size(); step++) {
        watch.begin(step);
        for (; region < watched.length && stepOf[region] == step; region++) {
          workers.run(watched[region]);
        }
        watch.end(step);
      }
    } finally {
      workers.end();
    }
  }

  boolean isFree() {
    return !arena.scope().isAlive();
  }

  void free() {
    arena.close();
  }

  private List<View> views(List<Value> values) {
    List<View> views = new ArrayList<>(values.size());
    for (Value value : values) {
      views.add(view(value));
    }
    return views;
  }

  private View view(Value value) {
    Plan.Place place = plan.places().get(value);
    if (place == null) {
      return View.dense(constant(value).data().address(), value.type());
    }
    return new View(memory.address() + place.offset(), value.type(), place.rowStride());
  }

  private Tensor tensor(Value value) {
    Plan.Place place = plan.places().get(value);
    return place == null
        ? constant(value)
        : new Tensor(value.type(), memory.asSlice(place.offset(), value.type().bytes()));
  }

  private Tensor constant(Value value) {
    Tensor tensor = plan.constants().get(value);
    if (tensor == null) {
      throw new IllegalStateException("the plan has no place for " + value);
    }
    return tensor;
  }

  private static Value named(Map<String, Value> values, String name) {
    Value value = values.get(name);
    if (value == null) {
      throw new IllegalArgumentException("no '" + name + "', there is " + values.keySet());
    }
    return value;
  }
}
