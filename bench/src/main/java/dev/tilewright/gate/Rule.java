package dev.tilewright.gate;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;

/**
 * When a difference is called one.
 *
 * @param threshold a change of the median up to this is none, as a fraction
 * @param tolerance a benchmark passes if its change is below this with 99 % confidence
 * @param fewestForks of each side, below which nothing is called
 */
record Rule(double threshold, double tolerance, int fewestForks) {
  /** Of forks in which both sides took turns. */
  static final Rule PAIRED = new Rule(0.015, 0.05, 5);

  /** Of forks of one side each, as JMH makes them. */
  static final Rule INDEPENDENT = new Rule(0.015, 0.05, 3);

  /**
   * Of processes of one side each, which differ from start to start by more than most changes: only
   * what is large.
   */
  static final Rule LOOSE = new Rule(0.10, 0.30, 4);

  private static final double LEVEL = 1 - Estimate.CONFIDENCE;

  /** More forks than anyone would wait for. */
  private static final int MOST_FORKS = 1000;

  /** Whether these forks alone say that it got slower. */
  boolean isSlower(Estimate e) {
    return e.low() > 0 && e.change() > threshold;
  }

  /** Whether these forks alone say that it got faster. */
  boolean isFaster(Estimate e) {
    // As far down as the threshold is up: 1 / (1 + threshold).
    return e.high() < 0 && 1 / (1 + e.change()) - 1 > threshold;
  }

  /** Judges all benchmarks of one run together: the more there are, the more each has to show. */
  List<Finding> judge(List<Sample> samples) {
    List<Estimate> estimates = samples.stream().map(Estimate::of).toList();
    double[] slower = Holm.adjusted(estimates.stream().mapToDouble(Estimate::slower).toArray());
    double[] faster = Holm.adjusted(estimates.stream().mapToDouble(Estimate::faster).toArray());
    List<Finding> findings = new ArrayList<>();
    for (int i = 0; i < samples.size(); i++) {
      findings.add(finding(samples.get(i), estimates.get(i), slower[i], faster[i]));
    }
    return findings;
  }

  private Finding finding(Sample sample, Estimate e, double slower, double faster) {
    int forks = sample.forks();
    if (forks < fewestForks) {
      return undecided(sample, e, Math.min(slower, faster), "");
    }
    if (isSlower(e) && slower < LEVEL) {
      return new Finding(sample, e, slower, Verdict.REGRESSION, "slower", "");
    }
    if (isFaster(e) && faster < LEVEL) {
      return new Finding(sample, e, faster, Verdict.IMPROVEMENT, "faster", "");
    }
    if (isSlower(e) || isFaster(e)) {
      return new Finding(
          sample,
          e,
          Math.min(slower, faster),
          Verdict.INCONCLUSIVE,
          String.format(
              Locale.ROOT,
              "%s by itself, but among so many benchmarks chance does that with p = %.3f",
              isSlower(e) ? "slower" : "faster",
              Math.min(slower, faster)),
          atLeast(2 * forks));
    }
    return undecided(sample, e, slower, "");
  }

  /**
   * Of what was called neither slower nor faster: whether it is surely not slower by what matters.
   *
   * @param p to report
   * @param before what else to tell; may be empty
   */
  Finding undecided(Sample sample, Estimate e, double p, String before) {
    String first = before.isEmpty() ? "" : before + "; ";
    if (sample.forks() < fewestForks) {
      return new Finding(
          sample,
          e,
          p,
          Verdict.INCONCLUSIVE,
          "only " + sample.forks() + " fork(s): how much forks differ is not known",
          "at least " + fewestForks + " forks of each side");
    }
    if (e.high() < tolerance) {
      String why = e.high() < 0 ? "not slower" : "within tolerance";
      return new Finding(sample, e, p, Verdict.PASS, first + why, "");
    }
    return new Finding(
        sample,
        e,
        p,
        Verdict.INCONCLUSIVE,
        String.format(Locale.ROOT, "%smay be %.1f %% slower, or not at all", first, 100 * e.high()),
        needed(e, sample.forks()).stream()
            .mapToObj(Rule::atLeast)
            .findFirst()
            .orElse("a quieter machine: more forks will hardly do"));
  }

  private static String atLeast(int forks) {
    return "about " + forks + " forks of each side";
  }

  /** How many forks would decide if the median stays, bounds narrowing with their square root. */
  OptionalInt needed(Estimate e, int forks) {
    double median = Math.log1p(e.change());
    double share =
        e.change() > threshold
            ? (median - Math.log1p(e.low())) / median
            : (Math.log1p(e.high()) - median) / (Math.log1p(tolerance) - median);
    double wanted = Math.ceil(forks * share * share) + 1;
    return wanted <= MOST_FORKS
        ? OptionalInt.of(Math.max(forks + 1, (int) wanted))
        : OptionalInt.empty();
  }
}
