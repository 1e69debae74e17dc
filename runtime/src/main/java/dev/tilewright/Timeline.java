package dev.tilewright;

import dev.tilewright.plan.Plan;
import java.util.List;

/**
 * When what happened in one run. Times are nanoseconds since its first step began.
 *
 * @param nanos of the whole run; between stages lies the planning of the next one
 * @param stages in order; one unless shapes depend on data
 */
public record Timeline(long nanos, List<Stage> stages) {
  /** From when to when. */
  public record Span(long begin, long end) {
    public long nanos() {
      return end - begin;
    }
  }

  /**
   * A plan that was run.
   *
   * @param steps one for each step of the plan, forks and joins included
   * @param slices by thread, and in order for each
   */
  public record Stage(Plan plan, List<Span> steps, List<Slice> slices) {
    public Stage {
      steps = List.copyOf(steps);
      slices = List.copyOf(slices);
    }
  }

  /**
   * Pieces of a step that a thread computed in one go.
   *
   * @param step index in the plan
   * @param thread of the session; 0 is the one that runs it
   * @param from first of the task's parts
   * @param to after the last
   */
  public record Slice(int step, int thread, int from, int to, Span span) {}

  public Timeline {
    stages = List.copyOf(stages);
  }
}
