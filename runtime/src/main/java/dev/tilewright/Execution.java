package dev.tilewright;

import dev.tilewright.plan.Plan;
import dev.tilewright.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A session made ready for one set of input shapes: fill {@link #input}, {@link #run}, read {@link
 * #output}. The tensors are the session's own memory, nothing is copied. Like its session, not safe
 * for use by several threads at once.
 *
 * <p>Where shapes or branches depend on values, the model runs in stages: the first is ready, the
 * others are planned while it runs, and kept for runs that lead to the same shapes.
 */
public final class Execution {
  private final Session session;
  private final PlanRun first;
  private final @Nullable LaterStages later;

  Execution(PlannedStage stage, Session session) {
    this.session = session;
    this.first = session.bind(stage, null);
    this.later = stage.isLast() ? null : new LaterStages(stage, first, session);
  }

  /** What runs; of a model in stages, the first. */
  public Plan plan() {
    return first.plan();
  }

  /** What ran: the plan, and those of the later stages that the latest run went through. */
  public List<Plan> plans() {
    return later == null ? List.of(first.plan()) : later.plans();
  }

  /**
   * The memory of one input, dense, in the layout of the model file. A run leaves it as it is.
   *
   * @throws IllegalArgumentException if the model has no such input
   */
  public Tensor input(String name) {
    return first.input(name);
  }

  /**
   * Names of the outputs: those of the model, but of a sequence {@code s} its elements {@code
   * s[0]}, {@code s[1]} and so on, and none of an optional value that is not there.
   *
   * @throws IllegalStateException if the model has stages and no run has come to its end
   */
  public List<String> outputs() {
    return later == null ? first.outputs() : later.outputs();
  }

  /**
   * The memory of one output, valid after {@link #run} and until the next one. Of a model in
   * stages, its shape may be another after each run.
   *
   * @throws IllegalArgumentException if the model has no such output
   * @throws IllegalStateException if the model has stages and no run has come to its end
   */
  public Tensor output(String name) {
    return later == null ? first.output(name) : later.output(name);
  }

  /**
   * Runs every step once. Allocates nothing on the Java heap, unless the model has stages: then it
   * does, and a run that leads to new shapes takes the time of planning for them.
   *
   * @throws IllegalStateException if the session is closed or running in another thread, or has
   *     dropped this execution for newer ones
   * @throws dev.tilewright.onnx.ModelFormatException if the model has stages and a node cannot take
   *     the inputs that came out
   * @throws dev.tilewright.onnx.UnsupportedModelException if it has stages and asks for too much
   */
  public void run() {
    session.enter();
    try {
      runEntered();
    } finally {
      session.leave();
    }
  }

  /** {@link #run} for the session, which has entered. */
  void runEntered() {
    requireMemory();
    if (FlightRecording.isOn()) {
      FlightRecording.run(this);
    } else {
      run(null);
    }
  }

  /**
   * Like {@link #run}, and says when each step, and each part of it that a thread took, began and
   * ended. Steps are cut and shared as always; looking at the clock takes some 50 ns a slice.
   *
   * @throws IllegalStateException as {@link #run}
   */
  public Timeline runTimed() {
    session.enter();
    try {
      requireMemory();
      RunTimer timer = new RunTimer(plan().threads());
      run(timer);
      return timer.timeline();
    } finally {
      session.leave();
    }
  }

  /** All stages, of a session that has been entered. */
  void run(@Nullable RunWatch watch) {
    first.run(session.workers(), watch);
    if (later != null) {
      later.run(this, watch);
    }
  }

  /** Memory that it has. */
  long bytes() {
    return first.plan().sessionBytes() + (later == null ? 0 : later.bytes());
  }

  void free() {
    first.free();
    if (later != null) {
      later.free();
    }
  }

  private void requireMemory() {
    if (first.isFree()) {
      throw new IllegalStateException("the session dropped this execution; prepare it again");
    }
  }
}
