package dev.tilewright.cache;

import dev.tilewright.graph.Value;
import dev.tilewright.plan.Plan;
import dev.tilewright.plan.Recipe;
import dev.tilewright.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A plan without its kernels: those are made again by their recipes. Components as in {@link Plan}.
 */
record PlanImage(
    List<StepImage> steps,
    Map<String, Value> inputs,
    Map<String, Value> outputs,
    Map<Value, Plan.Place> places,
    Map<Value, Tensor> constants,
    int threads,
    List<Plan.Scratch> scratch,
    List<Plan.Buffer> buffers,
    long arenaBytes,
    long lowerBoundBytes,
    long sessionBytes,
    long packedBytes,
    long macs) {

  /** Components as in {@link Plan.Step}. */
  record StepImage(
      String layer,
      String op,
      String key,
      long macs,
      long bytes,
      int threads,
      Plan.Choice choice,
      Recipe recipe,
      List<Value> inputs,
      List<Value> outputs) {

    static StepImage of(Plan.Step s) {
      return new StepImage(
          s.layer(),
          s.op(),
          s.key(),
          s.macs(),
          s.bytes(),
          s.threads(),
          s.choice(),
          s.recipe(),
          s.inputs(),
          s.outputs());
    }

    private Plan.Step step(Recipe.Ingredients from) {
      return new Plan.Step(
          layer, op, key, macs, bytes, threads, choice, recipe, recipe.make(from), inputs, outputs);
    }
  }

  static PlanImage of(Plan plan) {
    return new PlanImage(
        plan.steps().stream().map(StepImage::of).toList(),
        plan.inputs(),
        plan.outputs(),
        plan.places(),
        plan.constants(),
        plan.threads(),
        plan.scratch(),
        plan.buffers(),
        plan.arenaBytes(),
        plan.lowerBoundBytes(),
        plan.sessionBytes(),
        plan.packedBytes(),
        plan.macs());
  }

  /**
   * The plan.
   *
   * @throws IllegalStateException if a kernel cannot be made
   */
  Plan plan(Recipe.Ingredients from) {
    // To make a Java kernel takes a compiler 0.1 to 0.3 s: several at once.
    boolean compiled = steps.stream().anyMatch(s -> s.choice.algorithm().contains("vector."));
    Stream<StepImage> all = compiled ? steps.parallelStream() : steps.stream();
    return new Plan(
        all.map(step -> step.step(from)).toList(),
        inputs,
        outputs,
        places,
        constants,
        threads,
        scratch,
        buffers,
        arenaBytes,
        lowerBoundBytes,
        sessionBytes,
        packedBytes,
        macs);
  }
}
