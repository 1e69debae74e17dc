package dev.tilewright.bench;

import dev.tilewright.Workers;
import dev.tilewright.backend.Backend;
import dev.tilewright.conv.ConvProblem;
import dev.tilewright.conv.Epilogue;
import dev.tilewright.tuning.Candidate;
import dev.tilewright.tuning.Deviation;
import dev.tilewright.tuning.Oracle;
import dev.tilewright.tuning.Race;
import dev.tilewright.tuning.Trial;
import dev.tilewright.tuning.Workload;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * All kernels of one layer, timed and checked.
 *
 * @param mflop of the direct algorithm, a multiply-add counted as two
 * @param peakGflops the machine's FMA peak, the larger of just before and just after
 * @param candidates fastest first, failed ones last
 */
record LayerRun(String layer, String key, double mflop, double peakGflops, List<Row> candidates) {
  private static final long SEED = 42;

  /**
   * One kernel with one tile.
   *
   * @param micros of a call: the median over blocks of a finalist, the best block of others
   * @param low fastest block, of finalists
   * @param high slowest block, of finalists
   * @param settled whether the warm-up ended because nothing got faster or allocated any more
   * @param bytesPerCall Java heap taken when last timed; 0 if compiled as intended
   * @param error null if the kernel failed
   * @param blocks microseconds of a call in each block of the final; of others {@code micros}
   * @param failure why there is no time, or null
   */
  record Row(
      String backend,
      String algorithm,
      String tile,
      double micros,
      double low,
      double high,
      double gflops,
      double percentOfPeak,
      boolean finalist,
      boolean settled,
      double bytesPerCall,
      @Nullable Deviation error,
      List<Double> blocks,
      @Nullable String failure) {
    Row {
      blocks = List.copyOf(blocks);
    }

    boolean isDirect() {
      return !isWinograd(algorithm);
    }

    boolean isRight() {
      return error != null && error.withinBound();
    }
  }

  /**
   * What to measure.
   *
   * @param algorithm part of the ids of the algorithms wanted
   * @param seconds of the final between the best of each backend
   * @param warmupSeconds the most a kernel may warm up
   */
  record Options(
      List<Backend> backends,
      Pattern algorithm,
      Epilogue epilogue,
      int threads,
      double seconds,
      double warmupSeconds) {}

  static LayerRun of(Layer layer, Options options, Consumer<String> progress) {
    double peak = FmaPeak.gflops(options.threads());
    List<Row> failed = new ArrayList<>();
    List<Race.Result> results;
    Map<Trial, Deviation> errors = new HashMap<>();
    try (Workload workload = layer.workload(options.epilogue(), options.threads(), SEED);
        Workers workers = new Workers(options.threads())) {
      Oracle oracle = layer.oracle(workload, options.epilogue(), options.threads(), SEED);
      List<Trial> trials = new ArrayList<>();
      List<Preparation> preparations = preparations(layer, options, workload, workers);
      for (Preparation preparation : preparations) {
        progress.accept(
            "warming " + (trials.size() + failed.size() + 1) + " of " + preparations.size());
        try {
          Trial trial = preparation.prepare().get();
          trial.warmUp((long) (1e9 * options.warmupSeconds()));
          errors.put(trial, oracle.judge(trial));
          trials.add(trial);
        } catch (RuntimeException e) { // the other kernels' times are still worth having
          failed.add(failure(preparation, e));
        }
      }
      progress.accept("timing " + trials.size());
      results =
          Race.run(
              trials,
              t -> backend(t.id()) + (isWinograd(t.id()) ? " winograd" : " direct"),
              (long) (1e9 * options.seconds()));
      for (Race.Result result : results) {
        if (result.finalist()) { // compiled anew since, perhaps
          errors.merge(result.trial(), oracle.judge(result.trial()), Deviation::or);
        }
      }
    }
    double after = Math.max(peak, FmaPeak.gflops(options.threads()));
    List<Row> rows = new ArrayList<>();
    for (Race.Result result : results) {
      rows.add(row(layer, result, errors.get(result.trial()), after));
    }
    rows.addAll(failed);
    return new LayerRun(layer.name(), layer.key(), 2e-6 * layer.macs(), after, rows);
  }

  private record Preparation(String id, String tile, java.util.function.Supplier<Trial> prepare) {}

  private static List<Preparation> preparations(
      Layer layer, Options options, Workload workload, Workers workers) {
    List<Preparation> all = new ArrayList<>();
    switch (layer) {
      case Layer.Conv conv -> {
        ConvProblem problem = conv.problem(options.epilogue(), options.threads());
        for (Candidate candidate : Candidate.all(options.backends(), problem)) {
          all.add(
              new Preparation(
                  candidate.algorithm().id(),
                  candidate.tile().toString(),
                  () -> Trial.of(candidate, problem, workload, workers)));
        }
      }
      case Layer.Product product -> {
        for (Backend backend : options.backends()) {
          String id = backend.name() + ".matmul";
          product
              .kernel(backend, workload)
              .ifPresent(kernel ->
                  all.add(
                      new Preparation(
                          id,
                          "",
                          () -> Trial.of(id, kernel, workload, workers, options.threads()))));
        }
      }
    }
    all.removeIf(p -> !options.algorithm().matcher(p.id()).find());
    return all;
  }

  private static Row row(Layer layer, Race.Result result, @Nullable Deviation error, double peak) {
    Trial trial = result.trial();
    double gflops = 2.0 * layer.macs() / result.nanos();
    return new Row(
        backend(trial.id()),
        trial.id(),
        trial.tile().toString(),
        result.nanos() / 1e3,
        result.blocks().stream().min(Comparator.naturalOrder()).orElse(result.nanos()) / 1e3,
        result.blocks().stream().max(Comparator.naturalOrder()).orElse(result.nanos()) / 1e3,
        gflops,
        100 * gflops / peak,
        result.finalist(),
        trial.settled(),
        trial.bytesPerCall(),
        error,
        result.blocks().isEmpty()
            ? List.of(result.nanos() / 1e3)
            : result.blocks().stream().map(nanos -> nanos / 1e3).toList(),
        null);
  }

  private static Row failure(Preparation p, RuntimeException e) {
    double none = Double.NaN;
    return new Row(
        backend(p.id()),
        p.id(),
        p.tile(),
        none,
        none,
        none,
        none,
        none,
        false,
        false,
        none,
        null,
        List.of(),
        e.toString());
  }

  /** The fastest of a backend; of its kernels without transforms, if asked. */
  Optional<Row> best(String backend, boolean direct) {
    return candidates.stream()
        .filter(r -> r.backend().equals(backend) && r.finalist() && (!direct || r.isDirect()))
        .min(Comparator.comparingDouble(Row::micros));
  }

  /** Those that failed or computed something else. */
  List<Row> wrong() {
    return candidates.stream().filter(r -> !r.isRight()).toList();
  }

  private static boolean isWinograd(String id) {
    return id.contains("winograd");
  }

  /** Ids are {@code backend.algorithm}. */
  private static String backend(String id) {
    return id.substring(0, id.indexOf('.'));
  }
}
