package dev.tilewright.tuning;

import dev.tilewright.Workers;
import dev.tilewright.backend.Backends;
import dev.tilewright.conv.ConvProblem;
import dev.tilewright.database.Machine;
import dev.tilewright.database.TuningTable;
import dev.tilewright.plan.Planner;
import dev.tilewright.plan.Tunable;
import dev.tilewright.plan.Tunable.Guess;
import dev.tilewright.tuning.LayerTuner.Outcome;
import dev.tilewright.tuning.LayerTuner.Timed;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What is lost on one problem by not trying everything. All kernels are raced; then the fastest,
 * the one that a tuning of a lower level chooses and the one that the estimate chooses are timed in
 * turn, for times of different races differ by more than the kernels do.
 *
 * @param problem its {@link ConvProblem#work}
 * @param best of all kernels
 * @param tuned of the level's
 * @param estimate the cost model's
 * @param bestMicros its time
 * @param tunedLoss how much longer the tuned one takes, as a share; 0 if it is the best
 * @param estimateLoss the same of the estimate
 * @param kernels all that were timed
 */
public record Regret(
    String problem,
    String best,
    String tuned,
    String estimate,
    double bestMicros,
    double tunedLoss,
    double estimateLoss,
    List<Kernel> kernels) {
  private static final long SEED = 42;
  private static final long MOST_LAYER_NANOS = 600_000_000_000L;

  /** One kernel of the exhaustive search. */
  public record Kernel(String algorithm, String tile, double estimatedMicros, double micros) {}

  public Regret {
    kernels = List.copyOf(kernels);
  }

  /**
   * Measures it.
   *
   * @param one on one thread
   * @param known what estimates may go by; choices in it are not used
   * @param finalSeconds in which the three are timed in turn
   */
  public static Regret of(
      ConvProblem one, String backends, TuningTable known, Level level, double finalSeconds) {
    Machine machine = Backends.load().machine();
    LayerTuner.Context context = new LayerTuner.Context(backends, machine);
    Planner.Means means = new Planner.Means(Backends.load().usable(backends), backends, 1, known);
    Guess estimate = Tunable.choice(means, one);
    List<Guess> guesses = Tunable.guesses(means, one);
    long deadline = System.nanoTime() + MOST_LAYER_NANOS;
    Outcome tuned;
    try (LayerTuner tuner = new LayerTuner(context, one, level, deadline)) {
      tuned = tuner.kernel(estimate, level.of(guesses, a -> false));
    }
    Outcome all;
    try (LayerTuner tuner = new LayerTuner(context, one, Level.EXHAUSTIVE, deadline)) {
      all = tuner.kernel(estimate, guesses);
    }
    Guess best = fastest(all);
    Guess chosen = tuned.chosen() == null ? best : tuned.chosen().guess();
    Map<String, List<Double>> blocks =
        inTurn(context, one, List.of(best, chosen, estimate), finalSeconds);
    return new Regret(
        one.work(),
        name(best),
        name(chosen),
        name(estimate),
        Statistics.median(blocks.getOrDefault(name(best), List.of())) / 1e3,
        loss(blocks, chosen, best),
        loss(blocks, estimate, best),
        all.timed().stream()
            .map(t ->
                new Kernel(
                    t.guess().algorithm().id(),
                    t.guess().tile().toString(),
                    t.guess().nanos() / 1e3,
                    t.time().value() / 1e3))
            .toList());
  }

  private static Guess fastest(Outcome all) {
    return all.timed().stream()
        .filter(t -> t.samples() > 1)
        .min(Comparator.comparingDouble(t -> t.time().value()))
        .map(Timed::guess)
        .orElseThrow(() -> new IllegalStateException("no kernel could be timed"));
  }

  private static Map<String, List<Double>> inTurn(
      LayerTuner.Context context, ConvProblem one, List<Guess> guesses, double seconds) {
    try (Workload workload = Workload.cold(one, SEED, 2 * context.l2Bytes());
        Workers workers = new Workers(1)) {
      Map<String, Trial> trials = new LinkedHashMap<>();
      for (Guess guess : guesses) {
        trials.computeIfAbsent(
            name(guess),
            n -> {
              Candidate candidate = new Candidate(guess.algorithm(), guess.tile());
              Trial trial = Trial.of(candidate, one, workload, workers);
              trial.warmUp(1_000_000_000);
              return trial;
            });
      }
      Map<String, List<Double>> blocks = new LinkedHashMap<>();
      Race.run(List.copyOf(trials.values()), Trial::name, (long) (1e9 * seconds))
          .forEach(r -> blocks.put(r.trial().name(), r.blocks()));
      return blocks;
    }
  }

  private static double loss(Map<String, List<Double>> blocks, Guess one, Guess best) {
    List<Double> a = blocks.getOrDefault(name(one), List.of());
    List<Double> b = blocks.getOrDefault(name(best), List.of());
    List<Double> ratios = new ArrayList<>();
    for (int round = 0; round < Math.min(a.size(), b.size()); round++) {
      ratios.add(a.get(round) / b.get(round));
    }
    return Statistics.median(ratios) - 1;
  }

  private static String name(Guess guess) {
    return (guess.algorithm().id() + " " + guess.tile()).strip();
  }
}
