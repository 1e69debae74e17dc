package dev.tilewright.plan;

import dev.tilewright.graph.Value;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What will run, in order, and where every intermediate lives. Immutable; sessions share it.
 *
 * @param steps in execution order
 * @param inputs of a run, by the model's names
 * @param outputs of a run, by the model's names
 * @param places of all values in the arena that are not constants
 * @param constants values that steps read, in native memory
 * @param scratch of each step, in the order of the steps
 * @param buffers all that the arena holds, for whoever wants to look at it
 * @param arenaBytes memory one session needs for intermediates and scratch
 * @param lowerBoundBytes largest sum of buffers alive at once: no arena can be smaller
 * @param sessionBytes memory that one session takes: the arena, and weights that it packs for
 *     itself
 * @param packedBytes memory of the packed weights, shared by all sessions of the model
 * @param macs multiply-accumulates of one run
 */
public record Plan(
    List<Step> steps,
    Map<String, Value> inputs,
    Map<String, Value> outputs,
    Map<Value, Place> places,
    Map<Value, Tensor> constants,
    int threads,
    List<Scratch> scratch,
    List<Buffer> buffers,
    long arenaBytes,
    long lowerBoundBytes,
    long sessionBytes,
    long packedBytes,
    long macs) {

  /**
   * Where a value sits in the arena.
   *
   * @param offset bytes from the start
   * @param rowStride elements from one row of the innermost dimension to the next
   */
  public record Place(long offset, long rowStride) {}

  /**
   * Where the workers of a step have their scratch.
   *
   * @param offset bytes from the start of the arena to worker 0's
   * @param stride bytes from one worker's to the next
   */
  public record Scratch(long offset, long stride) {}

  /**
   * A part of the arena and the steps between which it is in use.
   *
   * @param name of the value that lives there, or of several that are written one over the other
   * @param scratch whether it is the scratch of a step
   * @param first step that writes it; -1 if it is there before the first
   * @param last step that reads it; the number of steps if it is there after the last
   */
  public record Buffer(
      String name, boolean scratch, long offset, long bytes, int first, int last) {}

  /**
   * One unit of execution.
   *
   * @param layer name of the node
   * @param op the operator, as text
   * @param key canonical text of the problem: the convolution's key, else operator and types
   * @param bytes that must be read and written whatever the kernel: inputs, weights and outputs,
   *     each once
   * @param threads that share the step; fewer than the session has if it is too small
   * @param choice what runs, and why
   * @param recipe how the kernel was made
   */
  public record Step(
      String layer,
      String op,
      String key,
      long macs,
      long bytes,
      int threads,
      Choice choice,
      Recipe recipe,
      Kernel kernel,
      List<Value> inputs,
      List<Value> outputs) {
    public Step {
      inputs = List.copyOf(inputs);
      outputs = List.copyOf(outputs);
    }

    public List<TensorType> outputTypes() {
      return outputs.stream().map(Value::type).toList();
    }
  }

  /**
   * What was chosen for a step, and what was not.
   *
   * @param algorithm id, {@code backend.algorithm}
   * @param tile its parameters, empty if it has none
   * @param reason in words, such as the estimated time
   * @param nanos estimated, on the threads of the step, also of what was measured
   * @param rival what promises most of the others; null if nothing else applies
   * @param others the algorithms not chosen: id and estimate, or id and why it does not apply
   */
  public record Choice(
      String algorithm,
      String tile,
      Origin origin,
      String reason,
      double nanos,
      @Nullable Rival rival,
      Map<String, String> others) {}

  /**
   * What was not chosen.
   *
   * @param nanos estimated, on the threads of the step
   */
  public record Rival(String algorithm, String tile, double nanos) {}

  public Plan {
    steps = List.copyOf(steps);
    scratch = List.copyOf(scratch);
    buffers = List.copyOf(buffers);
  }

  /** Whether a step writes its result over one of its inputs. */
  public boolean isInPlace(Step step) {
    Place out = places.get(step.outputs().getFirst());
    return out != null
        && step.inputs().stream()
            .anyMatch(v ->
                v.type().bytes() > 0
                    && v.type().equals(step.outputs().getFirst().type())
                    && out.equals(places.get(v)));
  }
}
