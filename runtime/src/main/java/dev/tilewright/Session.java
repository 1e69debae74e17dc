package dev.tilewright;

import dev.tilewright.onnx.Signature;
import dev.tilewright.onnx.StageKey;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A model with memory and threads to run in. Not safe for use by several threads at once: that is
 * an error, not a race. Sessions of one model share its packed weights.
 */
public final class Session implements AutoCloseable {
  /** Input shapes whose memory is kept ready; the least recently used is freed. */
  private static final int KEPT_EXECUTIONS = 4;

  private final Model model;
  private final SessionOptions options;
  private final Workers workers;
  private final AtomicBoolean busy = new AtomicBoolean();
  private boolean closed;
  private final Map<Map<String, Shape>, Execution> ready = new LinkedHashMap<>(16, 0.75f, true);

  Session(Model model, SessionOptions options) {
    this.model = model;
    this.options = options;
    this.workers = new Workers(options.threads());
  }

  /**
   * Runs the model once. The results are copies on the heap.
   *
   * @param inputs one tensor for each input of the model; of a sequence, its elements ({@link
   *     Signature})
   * @throws IllegalArgumentException if an input is missing, unknown, or of another type or shape
   *     than the model takes
   * @throws IllegalStateException if the session is closed or running in another thread
   * @throws dev.tilewright.onnx.ModelFormatException if shapes depend on data, and a node cannot
   *     take what came out
   * @throws dev.tilewright.onnx.UnsupportedModelException if shapes depend on data, and the model
   *     asks for too much
   */
  public Map<String, Tensor> run(Map<String, Tensor> inputs) {
    enter(); // as a whole: another thread must not fill the same inputs
    try {
      return results(inputs);
    } finally {
      leave();
    }
  }

  private Map<String, Tensor> results(Map<String, Tensor> inputs) {
    Map<String, Shape> shapes = new LinkedHashMap<>();
    for (Signature signature : model.inputs()) {
      for (String name : signature.tensors(inputs.keySet())) {
        Tensor tensor = inputs.get(name);
        if (tensor != null && tensor.dtype() != signature.dtype()) {
          throw new IllegalArgumentException(
              "input '" + name + "' is " + tensor.type() + ", the model takes " + signature);
        }
      }
    }
    inputs.forEach((name, tensor) -> shapes.put(name, tensor.shape()));
    Execution execution = prepared(shapes);
    inputs.forEach((name, tensor) -> execution.input(name).data().copyFrom(tensor.data()));
    execution.runEntered();
    Map<String, Tensor> results = new LinkedHashMap<>();
    for (String name : execution.outputs()) {
      Tensor own = execution.output(name);
      long bytes = Math.max(1, own.type().bytes());
      MemorySegment copy = NativeMemory.granted(() -> Arena.ofAuto().allocate(bytes, 8));
      results.put(
          name, new Tensor(own.type(), copy.asSlice(0, own.type().bytes()).copyFrom(own.data())));
    }
    return results;
  }

  /**
   * Memory and a plan for inputs of these shapes, to run in without copies. The last few are kept:
   * asking again for the same shapes gives the same execution; one that was dropped says so when it
   * is run.
   *
   * @throws IllegalArgumentException if the model does not take such inputs
   * @throws IllegalStateException if the session is closed or running in another thread
   */
  public Execution prepare(Map<String, Shape> shapes) {
    enter();
    try {
      return prepared(shapes);
    } finally {
      leave();
    }
  }

  private Execution prepared(Map<String, Shape> shapes) {
    Execution found = ready.get(shapes);
    if (found == null) {
      found = new Execution(model.first(shapes, options), this);
      if (ready.size() == KEPT_EXECUTIONS) {
        Iterator<Execution> eldest = ready.values().iterator();
        eldest.next().free();
        eldest.remove();
      }
      ready.put(Map.copyOf(shapes), found);
    }
    return found;
  }

  /**
   * By how much a stage's memory would exceed, beside all that is ready, what a session may have.
   */
  long excess(PlannedStage stage) {
    return model.excess(bytesWith(stage));
  }

  /**
   * A stage bound to memory. Executions that are kept ready are dropped for it, the least recently
   * used first, where all together would have more than a session may.
   *
   * @param running keeps its memory; null if the stage is the first of a new execution
   * @throws UnsupportedModelException if it is too much all the same, or more than there is
   */
  PlanRun bind(PlannedStage stage, @Nullable Execution running) {
    Iterator<Execution> eldest = ready.values().iterator();
    while (excess(stage) > 0 && eldest.hasNext()) {
      Execution execution = eldest.next();
      if (execution != running) {
        execution.free();
        eldest.remove();
      }
    }
    model.requireMemory(bytesWith(stage));
    return NativeMemory.granted(() -> new PlanRun(stage));
  }

  private long bytesWith(PlannedStage stage) {
    return ready.values().stream().mapToLong(Execution::bytes).sum() + stage.plan().sessionBytes();
  }

  Workers workers() {
    return workers;
  }

  PlannedStage next(PlannedStage after, StageKey key) {
    return model.next(after, key, options);
  }

  /** Takes the session for the calling thread. */
  void enter() {
    if (!busy.compareAndSet(false, true)) {
      throw new IllegalStateException("the session is in use by another thread; open one for each");
    }
    if (closed) {
      busy.set(false);
      throw new IllegalStateException("the session is closed");
    }
  }

  void leave() {
    busy.set(false);
  }

  /**
   * Frees the memory and ends the threads. Closing again does nothing.
   *
   * @throws IllegalStateException if the session is running in another thread
   */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    enter();
    closed = true;
    workers.close();
    ready.values().forEach(Execution::free);
    model.leave();
    leave();
  }
}
