package dev.tilewright.bench;

import dev.tilewright.Execution;
import dev.tilewright.Model;
import dev.tilewright.Session;
import dev.tilewright.SessionOptions;
import dev.tilewright.Timeline;
import dev.tilewright.backend.Backends;
import dev.tilewright.onnx.StagedModels;
import dev.tilewright.plan.Plan;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tuning.Statistics.Interval;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A profile of one run of a model in two stages, with a machine and names made up. */
final class ProfileCase {
  /** What a model may call itself and its layers. */
  static final String HOSTILE =
      "</script><img src=x onerror=alert(1)>]]>&amp;\"'\u0001\ud800\u202e&#60;";

  /** That, without what XML cannot hold. */
  static final String SHOWN = HOSTILE.replace("\u0001", "").replace("\ud800", "");

  static final Roofline ROOF =
      new Roofline(
          2, 100, List.of(new Roofline.Level(1 << 16, 80), new Roofline.Level(1 << 20, 20)));

  private ProfileCase() {}

  static Profile of(String layerName) {
    try (Model model = Model.of(StagedModels.heads());
        Session session = model.session(SessionOptions.defaults().threads(2))) {
      Execution execution = session.prepare(Map.of("x", Shape.of(8)));
      execution
          .input("x")
          .data()
          .copyFrom(Tensor.of(Shape.of(8), 1f, -1f, 1f, -1f, 1f, -1f, 1f, -1f).data());
      Timeline timeline = execution.runTimed();
      SessionOptions options = SessionOptions.defaults();
      RunnersUp estimates = new RunnersUp(List.of(), Backends.load().machine(), options);
      List<LayerTime> layers = new ArrayList<>();
      for (int s = 0; s < timeline.stages().size(); s++) {
        List<Plan.Step> steps = timeline.stages().get(s).plan().steps();
        for (int i = 0; i < steps.size(); i++) {
          Plan.Step step = named(steps.get(i), layerName);
          double nanos = timeline.stages().get(s).steps().get(i).nanos();
          layers.add(
              new LayerTime(
                  s,
                  i,
                  step,
                  new Interval(nanos, nanos, nanos),
                  ROOF.nanos(step.macs(), step.bytes()),
                  ROOF.isBoundByMemory(step.macs(), step.bytes()),
                  estimates.of(step)));
        }
      }
      double millis = timeline.nanos() / 1e6;
      Interval whole = new Interval(millis, millis, millis);
      return new Profile(
          layerName,
          Environment.here(),
          Map.of("x", "float32[8]"),
          "auto",
          ROOF,
          whole,
          whole,
          1,
          true,
          layers,
          timeline);
    }
  }

  private static Plan.Step named(Plan.Step step, String name) {
    return new Plan.Step(
        name,
        step.op(),
        step.key(),
        step.macs(),
        step.bytes(),
        step.threads(),
        step.choice(),
        step.recipe(),
        step.kernel(),
        step.inputs(),
        step.outputs());
  }
}
