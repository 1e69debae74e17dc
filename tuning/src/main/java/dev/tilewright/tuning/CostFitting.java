package dev.tilewright.tuning;

import dev.tilewright.backend.Backend;
import dev.tilewright.conv.ConvAlgorithm;
import dev.tilewright.conv.ConvProblem;
import dev.tilewright.conv.Tile;
import dev.tilewright.database.CostFit;
import dev.tilewright.database.Machine;
import dev.tilewright.database.TuningRecord;
import dev.tilewright.plan.Correction;
import dev.tilewright.plan.Tunable;
import dev.tilewright.tuning.TuningReport.Quality;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Fits the cost model's {@link Correction} to times: for each algorithm least squares on log(time /
 * estimate), shrunk (ridge regression, Hoerl and Kennard 1970) towards what algorithms take in
 * general, for a model tunes a few dozen layers and some algorithms compute two of them.
 */
final class CostFitting {
  /** As many imagined samples say that an algorithm is as the others are. */
  private static final double SHRINK_TO_USUAL = 1;

  /** And that a term does not matter. */
  private static final double SHRINK_TERM = 4;

  /** And that a tile is as the algorithm's others. */
  private static final double SHRINK_TILE = 2;

  /** Samples of a tile without which nothing is said of it. */
  private static final int FEWEST_OF_TILE = 3;

  /** What is further off says nothing of the algorithm: a machine that slept, say. */
  private static final double MOST_LOG = Math.log(8);

  private static final int FOLDS = 10;

  /** A time and what was thought of it. */
  record Sample(ConvProblem problem, String algorithm, Tile tile, double estimate, double nanos) {
    double log() {
      return Math.clamp(Math.log(nanos / estimate), -MOST_LOG, MOST_LOG);
    }

    Sample corrected(Correction by) {
      double fitted = estimate * by.factor(algorithm, tile, problem);
      return new Sample(problem, algorithm, tile, fitted, nanos);
    }
  }

  private record Kernel(String problem, String algorithm, Tile tile) {}

  private final Machine machine;
  private final Map<String, ConvAlgorithm> algorithms;
  private final Map<Kernel, Optional<Sample>> known = new HashMap<>();

  /**
   * @param machine whose times count
   * @param backends whose algorithms do
   */
  CostFitting(Machine machine, Collection<Backend> backends) {
    this.machine = machine;
    this.algorithms =
        backends.stream()
            .flatMap(b -> b.convolutions().stream())
            .collect(Collectors.toMap(ConvAlgorithm::id, a -> a, (a, b) -> a));
  }

  /** The last time of each kernel of each problem on one thread. */
  List<Sample> samples(Collection<TuningRecord> records) {
    Map<Kernel, Sample> last = new LinkedHashMap<>();
    for (TuningRecord r : records) {
      if (r.session() == 1 && r.samples() > 0 && r.median() > 0 && r.machine().equals(machine)) {
        // Problems that differ in the bounds of a clip were timed once.
        String work = r.problem().replaceFirst("\\(.*\\)", "");
        Kernel kernel = new Kernel(work, r.algorithm(), r.tile());
        known
            .computeIfAbsent(kernel, k -> sample(r))
            .map(s -> new Sample(s.problem, s.algorithm, s.tile, s.estimate, r.median()))
            .ifPresent(s -> last.put(kernel, s));
      }
    }
    return List.copyOf(last.values());
  }

  /** Nothing if this build has no such kernel. */
  private Optional<Sample> sample(TuningRecord r) {
    ConvAlgorithm algorithm = algorithms.get(r.algorithm());
    try {
      ConvProblem one = ConvProblem.parse(r.problem());
      if (algorithm == null
          || !algorithm.check(one).isYes()
          || !algorithm.tiles(one).contains(r.tile())) {
        return Optional.empty();
      }
      double estimate = Tunable.estimate(algorithm, r.tile(), one);
      return Optional.of(new Sample(one, r.algorithm(), r.tile(), estimate, r.median()));
    } catch (IllegalArgumentException e) { // a key of another version names no problem
      return Optional.empty();
    }
  }

  /** Weights of all algorithms that there are samples of, and of tiles with enough of them. */
  List<CostFit> fit(Collection<Sample> samples) {
    double usual = samples.stream().mapToDouble(Sample::log).average().orElse(0);
    long now = System.currentTimeMillis() / 1000;
    List<CostFit> fits = new ArrayList<>();
    groups(samples, Sample::algorithm)
        .forEach((algorithm, of) -> {
          double[] weights = weights(of, usual);
          List<Double> boxed = Arrays.stream(weights).boxed().toList();
          fits.add(new CostFit(machine, algorithm, null, of.size(), boxed, now));
          groups(of, Sample::tile)
              .forEach((tile, some) -> {
                if (some.size() >= FEWEST_OF_TILE) {
                  double off = some.stream().mapToDouble(s -> s.log() - dot(weights, s)).sum();
                  double own = off / (some.size() + SHRINK_TILE);
                  fits.add(new CostFit(machine, algorithm, tile, some.size(), List.of(own), now));
                }
              });
        });
    return fits;
  }

  private static <K> Map<K, List<Sample>> groups(
      Collection<Sample> samples, Function<Sample, K> by) {
    return samples.stream()
        .collect(Collectors.groupingBy(by, LinkedHashMap::new, Collectors.toList()));
  }

  private static double dot(double[] weights, Sample sample) {
    List<Double> terms = Correction.terms(sample.problem);
    double sum = 0;
    for (int i = 0; i < weights.length; i++) {
      sum += weights[i] * terms.get(i);
    }
    return sum;
  }

  /** (X'X + S) w = X'y + S w0, where S is the shrinkage and w0 says "as usual". */
  private static double[] weights(List<Sample> samples, double usual) {
    int n = Correction.Term.values().length;
    double[][] a = new double[n][n + 1];
    for (int i = 0; i < n; i++) {
      a[i][i] = i == 0 ? SHRINK_TO_USUAL : SHRINK_TERM;
    }
    a[0][n] = SHRINK_TO_USUAL * usual;
    for (Sample sample : samples) {
      List<Double> x = Correction.terms(sample.problem);
      for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
          a[i][j] += x.get(i) * x.get(j);
        }
        a[i][n] += x.get(i) * sample.log();
      }
    }
    return solve(a);
  }

  /** Gauss and Jordan without pivots: the matrix is symmetric and positive definite. */
  private static double[] solve(double[][] a) {
    int n = a.length;
    for (int i = 0; i < n; i++) {
      for (int row = 0; row < n; row++) {
        double factor = row == i ? 0 : a[row][i] / a[i][i];
        for (int j = i; j <= n; j++) {
          a[row][j] -= factor * a[i][j];
        }
      }
    }
    double[] x = new double[n];
    for (int i = 0; i < n; i++) {
      x[i] = a[i][n] / a[i][i];
    }
    return x;
  }

  /** As the cost model alone ranks. */
  static Quality quality(Collection<Sample> samples) {
    List<Double> correlations = new ArrayList<>();
    List<Double> regrets = new ArrayList<>();
    for (List<Sample> of : groups(samples, Sample::problem).values()) {
      double[] estimated = of.stream().mapToDouble(Sample::estimate).toArray();
      double[] measured = of.stream().mapToDouble(Sample::nanos).toArray();
      double correlation = Ranking.spearman(estimated, measured);
      if (!Double.isNaN(correlation)) {
        correlations.add(correlation);
        Sample first = of.stream().min(Comparator.comparingDouble(Sample::estimate)).orElseThrow();
        regrets.add(Ranking.regret(first.nanos, measured));
      }
    }
    return new Quality(mean(correlations), mean(regrets));
  }

  private static double mean(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN);
  }

  /** As the fit ranks what it has not seen: each tenth of the shapes by a fit to the others. */
  Quality validated(Collection<Sample> samples) {
    Map<Integer, List<Sample>> folds =
        groups(samples, s -> Math.floorMod(s.problem.shape().key().hashCode(), FOLDS));
    List<Sample> corrected = new ArrayList<>();
    folds.forEach((number, fold) -> {
      Map<Integer, List<Sample>> others = new HashMap<>(folds);
      others.remove(number);
      Correction by = Correction.of(fit(others.values().stream().flatMap(List::stream).toList()));
      fold.forEach(s -> corrected.add(s.corrected(by)));
    });
    return quality(corrected);
  }
}
