package dev.tilewright.bench;

import dev.tilewright.Execution;
import dev.tilewright.Model;
import dev.tilewright.SessionOptions;
import dev.tilewright.Timeline;
import dev.tilewright.plan.Plan;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tuning.SessionContender;
import dev.tilewright.tuning.Statistics;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Where the time of a network goes.
 *
 * @param inputs type of every input
 * @param millis of a run that nobody watches
 * @param timedMillis of one that is timed step by step, in turn with the others
 * @param settled whether runs had stopped getting faster before timing began
 * @param layers all steps of all stages, in order
 * @param typical of the timed runs, the one whose time is the median
 */
record Profile(
    String model,
    Environment environment,
    Map<String, String> inputs,
    String backend,
    Roofline roofline,
    Statistics.Interval millis,
    Statistics.Interval timedMillis,
    int runs,
    boolean settled,
    List<LayerTime> layers,
    Timeline typical) {

  /** Where the longest warm-up ends. */
  private static final double WARMUP_SECONDS = 8;

  /** Warm-up judges by windows of this length, and by two that brought less than 2 %. */
  private static final double WINDOW_SECONDS = 0.25;

  private static final double PROGRESS = 0.98;
  private static final int FEWEST_WINDOWS = 4;

  /**
   * Runs a model in turn timed and not.
   *
   * @param name for people
   * @param runs of each kind
   */
  static Profile of(
      String name,
      Model model,
      Map<String, Tensor> inputs,
      SessionOptions options,
      int runs,
      RunnersUp runnersUp) {
    Roofline roofline = Roofline.measure(options.threads());
    try (SessionContender ours = new SessionContender(model, inputs, options)) {
      Execution execution = ours.execution();
      boolean settled = warmUp(execution);
      List<Double> plain = new ArrayList<>();
      List<Timeline> timed = new ArrayList<>();
      for (int run = 0; run < runs; run++) {
        plain.add(millis(execution));
        timed.add(execution.runTimed());
      }
      Map<String, String> types = new TreeMap<>();
      inputs.forEach((input, tensor) -> types.put(input, tensor.type().toString()));
      return new Profile(
          name,
          Environment.here(),
          types,
          options.backend(),
          roofline,
          Statistics.interval(plain),
          Statistics.interval(timed.stream().map(t -> t.nanos() / 1e6).toList()),
          runs,
          settled,
          layers(timed, roofline, runnersUp),
          timed.stream()
              .sorted(Comparator.comparingLong(Timeline::nanos))
              .toList()
              .get((runs - 1) / 2));
    }
  }

  private static double millis(Execution execution) {
    long start = System.nanoTime();
    execution.run();
    return (System.nanoTime() - start) / 1e6;
  }

  private static boolean warmUp(Execution execution) {
    long deadline = System.nanoTime() + (long) (WARMUP_SECONDS * 1e9);
    double best = Double.MAX_VALUE;
    int withoutProgress = 0;
    for (int windows = 0; windows < FEWEST_WINDOWS || withoutProgress < 2; windows++) {
      if (windows > 0 && System.nanoTime() > deadline) {
        return false;
      }
      List<Double> window = new ArrayList<>();
      long end = System.nanoTime() + (long) (WINDOW_SECONDS * 1e9);
      while (window.size() < 2 || System.nanoTime() < end) {
        window.add(millis(execution));
        execution.runTimed();
      }
      double median = Statistics.median(window);
      withoutProgress = median < best * PROGRESS ? 0 : withoutProgress + 1;
      best = Math.min(best, median);
    }
    return true;
  }

  private static List<LayerTime> layers(
      List<Timeline> runs, Roofline roofline, RunnersUp runnersUp) {
    List<LayerTime> layers = new ArrayList<>();
    Timeline first = runs.getFirst();
    for (int s = 0; s < first.stages().size(); s++) {
      int stage = s;
      List<Plan.Step> steps = first.stages().get(s).plan().steps();
      for (int i = 0; i < steps.size(); i++) {
        int index = i;
        Plan.Step step = steps.get(i);
        List<Double> nanos =
            runs.stream().map(run -> (double) span(run, stage, index, step).nanos()).toList();
        layers.add(
            new LayerTime(
                stage,
                index,
                step,
                Statistics.interval(nanos),
                roofline.nanos(step.macs(), step.bytes()),
                roofline.isBoundByMemory(step.macs(), step.bytes()),
                runnersUp.of(step)));
      }
    }
    return layers;
  }

  private static Timeline.Span span(Timeline run, int stage, int index, Plan.Step step) {
    Timeline.Stage of = run.stages().get(stage);
    if (!of.plan().steps().get(index).key().equals(step.key())) {
      throw new IllegalStateException("runs on the same inputs went through different steps");
    }
    return of.steps().get(index);
  }

  boolean isStaged() {
    return typical.stages().size() > 1;
  }

  long macs() {
    return layers.stream().mapToLong(l -> l.step().macs()).sum();
  }

  long bytes() {
    return layers.stream().mapToLong(l -> l.step().bytes()).sum();
  }

  /** Of all steps, medians added up. */
  double stepNanos() {
    return layers.stream().mapToDouble(l -> l.nanos().value()).sum();
  }

  double percentOfTime(LayerTime layer) {
    return 100 * layer.nanos().value() / stepNanos();
  }

  /** Of the runs that were not timed. */
  double percentOfPeak() {
    return 100 * 2.0 * macs() / (millis.value() * 1e6) / roofline.peakGflops();
  }

  /** The sum of all bounds over the time of runs that were not timed. */
  double percentOfBound() {
    return 100 * layers.stream().mapToDouble(LayerTime::bound).sum() / (millis.value() * 1e6);
  }

  /** Share of the typical run in which a thread computed, in percent. */
  double percentBusy(int thread) {
    long busy =
        typical.stages().stream()
            .flatMap(stage -> stage.slices().stream())
            .filter(slice -> slice.thread() == thread)
            .mapToLong(slice -> slice.span().nanos())
            .sum();
    return 100.0 * busy / Math.max(1, typical.nanos());
  }

  /** Percent of the time by kind of layer, the largest first. */
  Map<String, Double> kinds() {
    Map<String, Double> sums =
        layers.stream()
            .collect(
                Collectors.groupingBy(
                    LayerTime::kind, Collectors.summingDouble(this::percentOfTime)));
    Map<String, Double> sorted = new LinkedHashMap<>();
    sums.entrySet().stream()
        .sorted(Map.Entry.<String, Double>comparingByValue().reversed())
        .forEach(e -> sorted.put(e.getKey(), e.getValue()));
    return sorted;
  }

  CostModelError costModel() {
    return CostModelError.of(layers);
  }
}
