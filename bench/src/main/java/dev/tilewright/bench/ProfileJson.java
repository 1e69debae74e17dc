package dev.tilewright.bench;

import dev.tilewright.plan.Plan;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A profile as an object for programs. Times of layers are microseconds. */
final class ProfileJson {
  private ProfileJson() {}

  static Map<String, @Nullable Object> of(Profile profile) {
    Map<String, @Nullable Object> object = new LinkedHashMap<>();
    object.put("model", profile.model());
    object.put("environment", profile.environment());
    object.put("inputs", profile.inputs());
    object.put("backend", profile.backend());
    object.put("threads", profile.roofline().threads());
    object.put("runs", profile.runs());
    object.put("settled", profile.settled());
    object.put("millis", profile.millis());
    object.put("timedMillis", profile.timedMillis());
    object.put("macs", profile.macs());
    object.put("bytes", profile.bytes());
    object.put("peakGflops", profile.roofline().peakGflops());
    object.put("read", profile.roofline().levels());
    object.put("percentOfPeak", number(profile.percentOfPeak()));
    object.put("percentOfBound", number(profile.percentOfBound()));
    object.put("percentByKind", profile.kinds());
    CostModelError error = profile.costModel();
    Map<String, @Nullable Object> model = new LinkedHashMap<>();
    model.put("sumRatio", number(error.ratio()));
    model.put("medianRatio", number(error.scale()));
    model.put("spread", number(error.spread()));
    model.put("rankCorrelation", number(error.rank()));
    object.put("costModel", model);
    List<Double> busy = new ArrayList<>();
    for (int thread = 0; thread < profile.roofline().threads(); thread++) {
      busy.add(profile.percentBusy(thread));
    }
    object.put("percentBusy", busy);
    object.put("layers", profile.layers().stream().map(l -> layer(profile, l)).toList());
    return object;
  }

  private static Map<String, @Nullable Object> layer(Profile profile, LayerTime layer) {
    Plan.Step step = layer.step();
    Plan.Choice choice = step.choice();
    Map<String, @Nullable Object> object = new LinkedHashMap<>();
    object.put("stage", layer.stage() + 1);
    object.put("step", layer.index() + 1);
    object.put("layer", step.layer());
    object.put("op", step.op());
    object.put("kind", layer.kind());
    object.put("key", step.key());
    object.put("us", layer.nanos().value() / 1e3);
    object.put("lowUs", layer.nanos().low() / 1e3);
    object.put("highUs", layer.nanos().high() / 1e3);
    object.put("percentOfTime", number(profile.percentOfTime(layer)));
    object.put("macs", step.macs());
    object.put("bytes", step.bytes());
    object.put("flopsPerByte", layer.intensity());
    object.put("gflops", number(layer.gflops()));
    object.put("boundUs", layer.bound() / 1e3);
    object.put("boundBy", layer.boundByMemory() ? "memory" : "fma");
    object.put("percentOfBound", number(layer.percentOfBound()));
    object.put("algorithm", choice.algorithm());
    object.put("tile", choice.tile());
    object.put("threads", step.threads());
    object.put("origin", choice.origin().name());
    object.put("why", choice.reason());
    object.put("estimatedUs", choice.nanos() / 1e3);
    object.put("measuredOverEstimated", number(layer.overEstimate()));
    LayerTime.RunnerUp next = layer.runnerUp();
    if (next != null) {
      Map<String, @Nullable Object> other = new LinkedHashMap<>();
      other.put("algorithm", next.algorithm());
      other.put("tile", next.tile());
      other.put("estimatedUs", micros(next.estimated()));
      other.put("measuredOnOneThreadUs", micros(next.measured()));
      object.put("runnerUp", other);
    }
    return object;
  }

  private static @Nullable Double micros(@Nullable Double nanos) {
    return nanos == null ? null : (Double) (nanos / 1e3);
  }

  /** The format has neither NaN nor infinities: null. */
  private static @Nullable Double number(double value) {
    return Double.isFinite(value) ? (Double) value : null;
  }
}
