package dev.tilewright;

import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/** A model with memory to run in. Not safe for use by several threads at once. */
public final class Session implements AutoCloseable {
  private final Model model;
  private final SessionOptions options;

  Session(Model model, SessionOptions options) {
    this.model = model;
    this.options = options;
  }

  /** Runs the model once. The results are copies. */
  public Map<String, Tensor> run(Map<String, Tensor> inputs) {
    Map<String, Shape> shapes = new LinkedHashMap<>();
    inputs.forEach((name, tensor) -> shapes.put(name, tensor.shape()));
    Execution execution = prepare(shapes);
    execution.run();
    return new LinkedHashMap<>(inputs);
  }

  /** Memory for inputs of these shapes, to run in without copies. */
  public Execution prepare(Map<String, Shape> shapes) {
    return new Execution(model.plan(shapes, options));
  }

  @Override
  public void close() {}
}
