package dev.tilewright.tuning;

import dev.tilewright.Execution;
import dev.tilewright.Model;
import dev.tilewright.Session;
import dev.tilewright.SessionOptions;
import dev.tilewright.plan.Plan;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A session of a model. Inputs are written once, before the first run; a run reads and writes in
 * place.
 */
public final class SessionContender implements Contender {
  private final Session session;
  private final Execution execution;

  /**
   * Ready to run.
   *
   * @param model outlives this
   */
  public SessionContender(Model model, Map<String, Tensor> inputs, SessionOptions options) {
    session = model.session(options);
    Map<String, Shape> shapes = new LinkedHashMap<>();
    inputs.forEach((name, tensor) -> shapes.put(name, tensor.shape()));
    execution = session.prepare(shapes);
    inputs.forEach((name, tensor) -> execution.input(name).data().copyFrom(tensor.data()));
  }

  @Override
  public String name() {
    return "tilewright";
  }

  public Plan plan() {
    return execution.plan();
  }

  public Execution execution() {
    return execution;
  }

  @Override
  public void run() {
    execution.run();
  }

  @Override
  public Map<String, Tensor> outputs() {
    Map<String, Tensor> outputs = new LinkedHashMap<>();
    execution.outputs().forEach(name -> outputs.put(name, execution.output(name)));
    return outputs;
  }

  @Override
  public void close() {
    session.close();
  }
}
