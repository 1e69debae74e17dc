package dev.tilewright;

import dev.tilewright.onnx.Stage;
import dev.tilewright.plan.Plan;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A stage and how it runs. Immutable, shared by sessions; compared by identity. */
final class PlannedStage {
  private final @Nullable Stage stage;
  private final Plan plan;
  private final @Nullable StageMemory memory;

  PlannedStage(Stage stage, Plan plan, StageMemory memory) {
    this.stage = stage;
    this.plan = plan;
    this.memory = memory;
  }

  /** The only stage of a model whose plan was kept. */
  PlannedStage(Plan plan) {
    this.stage = null;
    this.plan = plan;
    this.memory = null;
  }

  Plan plan() {
    return plan;
  }

  boolean isLast() {
    return stage == null || stage.isLast();
  }

  /** Nodes that are planned when this stage has run. */
  List<String> waiting() {
    return stage == null ? List.of() : stage.waiting();
  }

  /** Of a stage that is not the last. */
  Stage stage() {
    return Objects.requireNonNull(stage);
  }

  /** What it has of its own, and goes to the next stages; of a stage that is not the last. */
  StageMemory memory() {
    return Objects.requireNonNull(memory);
  }
}
