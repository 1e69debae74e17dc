package dev.tilewright.bench;

import dev.tilewright.Execution;
import dev.tilewright.Model;
import dev.tilewright.Session;
import dev.tilewright.SessionOptions;
import dev.tilewright.plan.Plan;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/** This runtime. Inputs are written once, before the first run; a run reads and writes in place. */
final class TilewrightContender implements Contender {
  private final Model model;
  private final Session session;
  private final Execution execution;

  TilewrightContender(byte[] bytes, Map<String, Tensor> inputs, SessionOptions options) {
    model = Model.of(bytes);
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

  Plan plan() {
    return execution.plan();
  }

  Execution execution() {
    return execution;
  }

  @Override
  public void run() {
    execution.run();
  }

  @Override
  public Map<String, Tensor> outputs() {
    Map<String, Tensor> outputs = new LinkedHashMap<>();
    model.outputs().forEach(name -> outputs.put(name, execution.output(name)));
    return outputs;
  }

  @Override
  public void close() {
    session.close();
    model.close();
  }
}
