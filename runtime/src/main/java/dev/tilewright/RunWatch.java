package dev.tilewright;

import dev.tilewright.kernel.Task;
import dev.tilewright.plan.Plan;

/** Sees the steps of one run come and go. Called by the thread that runs, but for tasks. */
interface RunWatch {
  /** A stage is about to begin; the steps that follow are its plan's. */
  void stage(Plan plan);

  /**
   * What to run instead of a task of a step of this stage, doing the same.
   *
   * @param step index in the plan
   */
  default Task task(int step, Task task) {
    return task;
  }

  void begin(int step);

  /** Not called if the step throws. */
  void end(int step);
}
