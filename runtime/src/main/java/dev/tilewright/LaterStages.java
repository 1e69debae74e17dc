package dev.tilewright;

import dev.tilewright.onnx.Slot;
import dev.tilewright.onnx.Stage;
import dev.tilewright.onnx.StageKey;
import dev.tilewright.plan.Plan;
import dev.tilewright.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The stages of a model after the first, in one session. Each is planned for the shapes that the
 * ones before it gave, and its memory is kept for runs that lead to the same ones.
 */
final class LaterStages {
  /** Stages whose memory is kept, besides those of the latest run, and the bytes they may have. */
  private static final int KEPT_STAGES = 32;

  private static final long KEPT_BYTES = 256L << 20;

  private final PlannedStage firstStage;
  private final PlanRun firstRun;
  private final Session session;

  /** The least recently used first. */
  private final Map<PlannedStage, PlanRun> ready = new LinkedHashMap<>(16, 0.75f, true);

  private final Map<Slot, Tensor> values = new HashMap<>();
  private final List<PlanRun> ran = new ArrayList<>();
  private @Nullable Map<String, Slot> outputs;

  LaterStages(PlannedStage firstStage, PlanRun firstRun, Session session) {
    this.firstStage = firstStage;
    this.firstRun = firstRun;
    this.session = session;
  }

  /** Goes on when the first stage of an execution, the one that this is part of, has run. */
  void run(Execution running, @Nullable RunWatch watch) {
    forget();
    PlannedStage stage = firstStage;
    stage.stage().reads().forEach((name, slot) -> values.put(slot, firstRun.input(name)));
    collect(stage.stage(), firstRun);
    for (StageKey key = next(stage); key != null; key = next(stage)) {
      stage = session.next(stage, key);
      PlanRun run = bound(stage, running);
      stage
          .stage()
          .reads()
          .forEach((name, slot) -> run.input(name).data().copyFrom(value(slot).data()));
      run.run(session.workers(), watch);
      collect(stage.stage(), run);
    }
    outputs = stage.stage().outputs();
  }

  private PlanRun bound(PlannedStage stage, Execution running) {
    PlanRun run = ready.get(stage);
    if (run == null) {
      freeWhile(() -> session.excess(stage) > 0);
      run = session.bind(stage, running);
      ready.put(stage, run);
    }
    return run;
  }

  /** Null at the end. */
  private @Nullable StageKey next(PlannedStage stage) {
    return stage.stage().between(values);
  }

  private void collect(Stage stage, PlanRun run) {
    ran.add(run);
    stage.writes().forEach((name, slot) -> values.put(slot, run.output(name)));
  }

  /** Drops the latest run's results, and of the memory what is too much to keep. */
  private void forget() {
    values.clear();
    outputs = null;
    freeWhile(() -> ready.size() > KEPT_STAGES || bytes() > KEPT_BYTES);
    ran.clear();
  }

  /** Frees stages that the latest run did not go through, the least recently used first. */
  private void freeWhile(BooleanSupplier tooMuch) {
    Iterator<PlanRun> eldest = ready.values().iterator();
    while (tooMuch.getAsBoolean() && eldest.hasNext()) {
      PlanRun run = eldest.next();
      if (ran.contains(run)) {
        break; // whatever follows ran even later
      }
      run.free();
      eldest.remove();
    }
  }

  /** Memory of all stages that are ready. */
  long bytes() {
    return ready.values().stream().mapToLong(run -> run.plan().sessionBytes()).sum();
  }

  /** The plans that the latest run went through. */
  List<Plan> plans() {
    return ran.isEmpty() ? List.of(firstStage.plan()) : ran.stream().map(PlanRun::plan).toList();
  }

  List<String> outputs() {
    Map<String, Slot> there = outputs;
    if (there == null) {
      throw new IllegalStateException("run first: what comes out depends on data");
    }
    return List.copyOf(there.keySet());
  }

  Tensor output(String name) {
    Slot slot = outputs == null ? null : outputs.get(name);
    if (slot != null) {
      return value(slot);
    }
    if (firstStage.stage().outputs().containsKey(name)) {
      throw new IllegalStateException("run first: what '" + name + "' is depends on data");
    }
    throw new IllegalArgumentException(
        "no '" + name + "', there is " + firstStage.stage().outputs().keySet());
  }

  private Tensor value(Slot slot) {
    Tensor value = values.get(slot);
    if (value == null) {
      throw new IllegalStateException("no stage gives " + slot);
    }
    return value;
  }

  void free() {
    ready.values().forEach(PlanRun::free);
  }
}
