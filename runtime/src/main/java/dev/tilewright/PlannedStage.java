package dev.tilewright;

import dev.tilewright.onnx.Stage;
import dev.tilewright.plan.Plan;

/** A stage and how it runs. Immutable, shared by sessions; compared by identity. */
final class PlannedStage {
  private final Stage stage;
  private final Plan plan;
  private final StageMemory memory;

  PlannedStage(Stage stage, Plan plan, StageMemory memory) {
    this.stage = stage;
    this.plan = plan;
    this.memory = memory;
  }

  Stage stage() {
    return stage;
  }

  Plan plan() {
    return plan;
  }

  /** What it has of its own, and goes to the next stages. */
  StageMemory memory() {
    return memory;
  }
}
