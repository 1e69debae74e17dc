package dev.tilewright.bench;

import dev.tilewright.Model;
import dev.tilewright.SessionOptions;
import dev.tilewright.Timeline;
import dev.tilewright.plan.Plan;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tuning.SessionContender;
import dev.tilewright.tuning.Statistics;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Where our time goes, step by step.
 *
 * @param nanos median of every step of the plan
 * @param peakGflops the machine's FMA peak with as many threads
 */
record Profile(List<Plan.Step> steps, List<Double> nanos, double peakGflops) {
  private static final double WARMUP_SECONDS = 3;
  private static final int RUNS = 31;

  static Profile of(
      ModelSource model, Map<String, Tensor> inputs, SessionOptions options, double peakGflops) {
    try (Model loaded = Model.of(model.bytes());
        SessionContender ours = new SessionContender(loaded, inputs, options)) {
      List<Plan.Step> steps = ours.plan().steps();
      long end = System.nanoTime() + (long) (WARMUP_SECONDS * 1e9);
      while (System.nanoTime() < end) {
        ours.execution().runTimed();
      }
      List<List<Double>> samples =
          steps.stream().<List<Double>>map(s -> new ArrayList<>()).toList();
      for (int run = 0; run < RUNS; run++) {
        List<Timeline.Span> once = ours.execution().runTimed().stages().getFirst().steps();
        for (int step = 0; step < once.size(); step++) {
          samples.get(step).add((double) once.get(step).nanos());
        }
      }
      return new Profile(steps, samples.stream().map(Statistics::median).toList(), peakGflops);
    }
  }

  void print(PrintWriter out) {
    double total = nanos.stream().mapToDouble(Double::doubleValue).sum();
    out.println(
        String.format(
            Locale.ROOT,
            "%-32s %-36s %9s %6s %9s %6s",
            "step",
            "algorithm",
            "us",
            "% time",
            "GFLOP/s",
            "% peak"));
    for (int i = 0; i < nanos.size(); i++) {
      Plan.Step step = steps.get(i);
      double time = nanos.get(i);
      double gflops = time == 0 ? 0 : 2.0 * step.macs() / time;
      out.println(
          String.format(
              Locale.ROOT,
              "%-32s %-36s %9.1f %6.1f %9.1f %6.1f  %s",
              shorten(step.layer(), 32),
              step.choice().algorithm() + " " + step.choice().tile(),
              time / 1e3,
              100 * time / total,
              gflops,
              100 * gflops / peakGflops,
              step.key()));
    }
    out.println(String.format(Locale.ROOT, "sum of steps: %.3f ms", total / 1e6));
    out.flush();
  }

  /** The end of a layer's name says more than its beginning. */
  private static String shorten(String name, int length) {
    return name.length() <= length ? name : "…" + name.substring(name.length() - length + 1);
  }
}
