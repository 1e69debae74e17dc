package dev.tilewright.gate;

import dev.tilewright.Model;
import dev.tilewright.SessionOptions;
import dev.tilewright.Workers;
import dev.tilewright.backend.Backend;
import dev.tilewright.backend.Backends;
import dev.tilewright.conv.Activation;
import dev.tilewright.conv.ConvProblem;
import dev.tilewright.conv.Epilogue;
import dev.tilewright.plan.Plan;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tuning.Candidate;
import dev.tilewright.tuning.Race;
import dev.tilewright.tuning.Trial;
import dev.tilewright.tuning.Workload;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Whether the kernel that the planner chooses for a layer is the fastest there is, or nearly: a
 * preference that has become wrong makes nothing slower that has a benchmark of its own.
 *
 * @param layer that was planned
 * @param chosen algorithm and tile
 * @param fastest of all that apply
 * @param lag of the chosen behind the fastest, the median over rounds in which they took turns
 * @param low the true lag is above this with 99 % confidence
 */
record Choice(String layer, String chosen, String fastest, double lag, double low) {
  /** A kernel may lag by this much before its choice counts as wrong. */
  private static final double TOLERANCE = 0.05;

  private static final long SEED = 42;
  private static final long WARMUP_NANOS = 400_000_000;
  private static final long FINAL_NANOS = 300_000_000;
  private static final long BLOCK_NANOS = 2_000_000;
  private static final int ROUNDS = 31;

  /** Of each kernel where all are timed. */
  private static final long EACH_NANOS = 20_000_000;

  /**
   * Times all kernels of one layer on one thread.
   *
   * @param options backend and measurements that the planner goes by
   */
  static Choice of(LayerModel layer, SessionOptions options) {
    ConvProblem problem = problem(layer);
    Plan.Choice planned = planned(layer, options);
    try (Workload workload = Workload.of(problem, SEED);
        Workers workers = new Workers(1)) {
      List<Trial> trials =
          warm(Candidate.all(backends(options, planned), problem), problem, workload, workers);
      Trial chosen =
          trials.stream()
              .filter(t -> t.id().equals(planned.algorithm()))
              .filter(t -> t.tile().toString().equals(planned.tile()))
              .findFirst()
              .orElseThrow(() ->
                  new IllegalStateException(
                      layer.name()
                          + " is planned with "
                          + planned.algorithm()
                          + ", which is not offered"));
      Trial fastest = Race.run(trials, t -> "all", FINAL_NANOS).getFirst().trial();
      double[] lags = lags(chosen, fastest);
      Bootstrap bootstrap = Bootstrap.ofMedian(lags, SEED);
      return new Choice(
          layer.name(),
          chosen.name(),
          fastest.name(),
          Math.expm1(bootstrap.estimate()),
          Math.expm1(bootstrap.percentile(1 - Estimate.CONFIDENCE)));
    }
  }

  /** All kernels of a layer, timed in turn, the fastest first. */
  static List<Race.Result> timed(LayerModel layer, SessionOptions options) {
    ConvProblem problem = problem(layer);
    try (Workload workload = Workload.of(problem, SEED);
        Workers workers = new Workers(1)) {
      List<Candidate> all = Candidate.all(backends(options, planned(layer, options)), problem);
      List<Trial> trials = warm(all, problem, workload, workers);
      return Race.run(trials, Trial::name, trials.size() * EACH_NANOS);
    }
  }

  private static List<Trial> warm(
      List<Candidate> candidates, ConvProblem problem, Workload workload, Workers workers) {
    List<Trial> trials = new ArrayList<>();
    for (Candidate candidate : candidates) {
      Trial trial = Trial.of(candidate, problem, workload, workers);
      trial.warmUp(WARMUP_NANOS);
      trials.add(trial);
    }
    return trials;
  }

  private static ConvProblem problem(LayerModel layer) {
    return new ConvProblem(layer.shape(), new Epilogue(true, false, Activation.none()), 1);
  }

  private static Plan.Choice planned(LayerModel layer, SessionOptions options) {
    int[] input = layer.inputShape();
    Shape shape = new Shape(Arrays.stream(input).boxed().toList());
    try (Model model = Model.of(layer.bytes())) {
      return model.plan(Map.of("x", shape), options.threads(1)).steps().getFirst().choice();
    }
  }

  /** All that may be chosen; the oracle only if it was. */
  private static List<Backend> backends(SessionOptions options, Plan.Choice planned) {
    return Backends.load().usable(options.backend()).stream()
        .filter(b -> !b.name().equals("reference") || planned.algorithm().startsWith("reference."))
        .toList();
  }

  /** ln(chosen / fastest) by round, measured anew: the fastest of a race had luck on its side. */
  private static double[] lags(Trial chosen, Trial fastest) {
    double[] lags = new double[ROUNDS];
    if (chosen == fastest) {
      return lags;
    }
    for (int i = 0; i < ROUNDS; i++) {
      Trial outer = i % 2 == 0 ? chosen : fastest;
      Trial inner = i % 2 == 0 ? fastest : chosen;
      double outerNanos = outer.time(BLOCK_NANOS);
      double innerNanos = inner.time(BLOCK_NANOS);
      innerNanos += inner.time(BLOCK_NANOS);
      outerNanos += outer.time(BLOCK_NANOS);
      double ratio = Math.log(outerNanos / innerNanos);
      lags[i] = i % 2 == 0 ? ratio : -ratio;
    }
    return lags;
  }

  /** Slower than the fastest beyond tolerance, and surely slower. */
  boolean isWrong() {
    return lag > TOLERANCE && low > 0;
  }

  Report.Note note() {
    return new Report.Note(
        layer,
        isWrong() ? Verdict.REGRESSION : Verdict.PASS,
        chosen
            + (chosen.equals(fastest)
                ? " is chosen and the fastest"
                : " is chosen, "
                    + Words.change(lag)
                    + " behind "
                    + fastest
                    + " (above "
                    + Words.change(low)
                    + " with 99 % confidence)"));
  }
}
