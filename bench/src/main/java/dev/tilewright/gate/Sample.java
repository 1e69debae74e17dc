package dev.tilewright.gate;

import java.util.List;

/**
 * Times of one benchmark, before and after a change, by fork.
 *
 * @param baseline time of one operation in each fork, a median over the fork
 * @param candidate the same after the change
 * @param paired whether the i-th of both come from the same JVM and were measured in turn: their
 *     ratio then holds no difference between forks
 */
record Sample(
    String benchmark, String unit, List<Double> baseline, List<Double> candidate, boolean paired) {
  Sample {
    baseline = List.copyOf(baseline);
    candidate = List.copyOf(candidate);
    if (paired && baseline.size() != candidate.size()) {
      throw new IllegalArgumentException("a fork with one side only");
    }
    for (List<Double> side : List.of(baseline, candidate)) {
      if (side.isEmpty() || !side.stream().allMatch(v -> v > 0 && v < Double.POSITIVE_INFINITY)) {
        throw new IllegalArgumentException(benchmark + ": not times: " + side);
      }
    }
  }

  /** The smaller number of forks of the two sides. */
  int forks() {
    return Math.min(baseline.size(), candidate.size());
  }

  double[] logBaseline() {
    return logs(baseline);
  }

  double[] logCandidate() {
    return logs(candidate);
  }

  /** ln(candidate / baseline) of each fork, where they are paired. */
  double[] logRatios() {
    double[] ratios = logCandidate();
    double[] before = logBaseline();
    for (int i = 0; i < ratios.length; i++) {
      ratios[i] -= before[i];
    }
    return ratios;
  }

  /** This and more forks of the same. */
  Sample with(Sample more) {
    return new Sample(
        benchmark,
        unit,
        joined(baseline, more.baseline),
        joined(candidate, more.candidate),
        paired && more.paired);
  }

  private static List<Double> joined(List<Double> a, List<Double> b) {
    return java.util.stream.Stream.concat(a.stream(), b.stream()).toList();
  }

  private static double[] logs(List<Double> values) {
    return values.stream().mapToDouble(Math::log).toArray();
  }
}
