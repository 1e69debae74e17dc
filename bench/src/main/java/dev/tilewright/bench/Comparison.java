package dev.tilewright.bench;

import dev.tilewright.Model;
import dev.tilewright.SessionOptions;
import dev.tilewright.plan.Plan;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tuning.Duet;
import dev.tilewright.tuning.SessionContender;
import dev.tilewright.tuning.Statistics;
import dev.tilewright.tuning.Turns;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What came of running one model on both sides.
 *
 * @param inputs type of every input
 * @param backends how many steps each backend of ours ran
 * @param macs multiply-accumulates of a run, as our plans count them; of a model in stages, of all
 *     that the last run went through
 * @param peakGflops the machine's FMA peak with this many threads, measured before and after
 * @param oursMillis median
 * @param ortMillis median
 * @param speedup ONNX Runtime's median over ours: above 1 this runtime is faster
 * @param settled whether both sides had stopped getting faster before timing began
 * @param agreement of the outputs of the last timed runs
 * @param rounds all samples, milliseconds; a is ours
 */
record Comparison(
    String model,
    Map<String, String> inputs,
    int threads,
    String backend,
    Map<String, Integer> backends,
    long macs,
    double peakGflops,
    double oursMillis,
    double ortMillis,
    Statistics.Interval speedup,
    boolean settled,
    Agreement agreement,
    List<Duet.Round> rounds) {

  static Comparison of(
      ModelSource model, Map<String, Tensor> inputs, SessionOptions options, Turns.Limits limits) {
    try (Model loaded = Model.of(model.bytes());
        SessionContender ours = new SessionContender(loaded, inputs, options);
        OrtContender ort = new OrtContender(model.bytes(), inputs, options.threads())) {
      double peakBefore = FmaPeak.gflops(options.threads());
      Duet.Timings timings = new Duet(ours, ort, limits).play();
      double peakAfter = FmaPeak.gflops(options.threads());
      return new Comparison(
          model.name(),
          inputs.entrySet().stream()
              .collect(
                  Collectors.toMap(
                      Map.Entry::getKey,
                      e -> e.getValue().type().toString(),
                      (x, y) -> x,
                      TreeMap::new)),
          options.threads(),
          options.backend(),
          backends(ours.execution().plans()),
          ours.execution().plans().stream().mapToLong(Plan::macs).sum(),
          Math.max(peakBefore, peakAfter),
          Statistics.median(Statistics.pool(timings.rounds(), Duet.Round::a)),
          Statistics.median(Statistics.pool(timings.rounds(), Duet.Round::b)),
          Statistics.speedup(timings.rounds()),
          timings.settled(),
          Agreement.of(ours.outputs(), ort.outputs()),
          timings.rounds());
    }
  }

  static String header() {
    return String.format(
        Locale.ROOT,
        "%-28s %3s %10s %10s  %-20s %8s %8s  %s",
        "model",
        "thr",
        "ours ms",
        "ORT ms",
        "speed-up [95 %]",
        "% peak",
        "ORT %",
        "steps by");
  }

  /** One line of the table under {@link #header}. */
  String line() {
    return String.format(
        Locale.ROOT,
        "%-28s %3d %10.3f %10.3f  %5.2f [%5.2f, %5.2f] %8.1f %8.1f  %s%s%s",
        model,
        threads,
        oursMillis,
        ortMillis,
        speedup.value(),
        speedup.low(),
        speedup.high(),
        percentOfPeak(oursMillis),
        percentOfPeak(ortMillis),
        backends.entrySet().stream()
            .map(e -> e.getKey() + " " + e.getValue())
            .collect(Collectors.joining(", ")),
        settled ? "" : "  (warm-up did not settle)",
        agreement.agrees() ? "" : "  DISAGREES by " + agreement.error());
  }

  private double percentOfPeak(double millis) {
    return 100 * 2 * macs / (millis * 1e6) / peakGflops;
  }

  /** Ids are {@code backend.algorithm}. */
  private static Map<String, Integer> backends(List<Plan> plans) {
    Map<String, Integer> steps = new TreeMap<>();
    for (Plan plan : plans) {
      for (Plan.Step step : plan.steps()) {
        String id = step.choice().algorithm();
        int dot = id.indexOf('.');
        steps.merge(dot < 0 ? id : id.substring(0, dot), 1, Integer::sum);
      }
    }
    return steps;
  }
}
