package dev.tilewright.gate;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * Measures two programs in forks in which they take turns, and judges each benchmark as soon as its
 * forks decide: only those that do not yet are in the next fork.
 */
final class DuetGate {
  /**
   * How to measure.
   *
   * @param forks the most of a benchmark, and of what is flagged about as many fresh ones
   * @param budgetNanos after which no more forks are started
   */
  record Options(
      int forks, long budgetNanos, int blockMicros, int measureMillis, int warmupMillis) {
    /** The job of one fork. */
    ForkJob job(
        Side first, List<String> second, boolean swap, boolean counts, List<ForkJob.Task> wanted) {
      return new ForkJob(
          first.entries(), second, swap, counts, blockMicros, measureMillis, warmupMillis, wanted);
    }

    static Options standard() {
      // Blocks of 0.3 ms beside a busy core: forks differ by 0.3 %; of 1.5 ms 1.0 %; of 5 ms 2.9 %
      // (five layers of 0.1 to 0.4 ms, 2 virtual cores of a Zen 4, as long in all).
      return new Options(9, 300_000_000_000L, 300, 200, 3000);
    }

    Options within(int forksWanted, long nanos) {
      return new Options(forksWanted, nanos, blockMicros, measureMillis, warmupMillis);
    }
  }

  /**
   * All that was measured.
   *
   * @param results of each benchmark, a fork each
   */
  record Outcome(
      List<Finding> findings, List<Report.Note> notes, Map<String, List<ForkJob.Result>> results) {}

  private final Side baseline;
  private final Side candidate;
  private final List<ForkJob.Task> tasks;
  private final Options options;
  private final Consumer<String> progress;
  private final long deadline;
  private final Map<String, Sequence> sequences = new LinkedHashMap<>();
  private final Map<String, List<ForkJob.Result>> results = new LinkedHashMap<>();
  private final List<Report.Note> notes = new ArrayList<>();
  private long longestNanos;

  DuetGate(
      Side baseline,
      Side candidate,
      List<ForkJob.Task> tasks,
      Options options,
      Consumer<String> progress) {
    this.baseline = baseline;
    this.candidate = candidate;
    this.tasks = tasks;
    this.options = options;
    this.progress = progress;
    this.deadline = System.nanoTime() + options.budgetNanos();
    for (ForkJob.Task task : tasks) {
      sequences.put(task.name(), new Sequence(Rule.PAIRED, options.forks(), tasks.size()));
    }
  }

  Outcome run() throws IOException {
    measure();
    List<Finding> findings = new ArrayList<>();
    results.forEach((name, all) ->
        findings.add(finding(Objects.requireNonNull(sequences.get(name)), name, all)));
    long settled = results.values().stream().flatMap(List::stream).filter(r -> r.settled()).count();
    long all = results.values().stream().mapToLong(List::size).sum();
    if (settled < all) {
      notes.add(
          new Report.Note(
              "warm-up",
              Verdict.PASS,
              (all - settled)
                  + " of "
                  + all
                  + " measurements began while a side still got faster"));
    }
    return new Outcome(findings, notes, results);
  }

  private static Finding finding(Sequence sequence, String name, List<ForkJob.Result> forks) {
    Sample sample = sample(name, forks);
    Estimate e = Estimate.of(sample);
    return switch (sequence.state()) {
      case SLOWER -> called(sample, e, sequence.p(), Verdict.REGRESSION, "slower");
      case FASTER -> called(sample, e, sequence.p(), Verdict.IMPROVEMENT, "faster");
      case SAME -> new Finding(sample, e, 1, Verdict.PASS, "unchanged within 2 %", "");
      case NOT_AGAIN -> Rule.PAIRED.undecided(sample, e, 1, "flagged once, but not in fresh forks");
      case CONFIRMING ->
          Rule.PAIRED.undecided(sample, e, 1, "flagged, but there was no time to measure it again");
      case SCREENING, OPEN -> Rule.PAIRED.undecided(sample, e, 1, "");
    };
  }

  private static Finding called(Sample sample, Estimate e, double p, Verdict verdict, String how) {
    return new Finding(sample, e, p, verdict, how + ", in two sets of forks", "");
  }

  /** Each fork takes all models that are not decided yet; each method of JMH has its own. */
  private void measure() throws IOException {
    for (int fork = 0; ; fork++) {
      List<List<ForkJob.Task>> jobs = jobs();
      if (jobs.isEmpty()) {
        return;
      }
      for (List<ForkJob.Task> job : jobs) {
        if (System.nanoTime() + longestNanos > deadline) {
          notes.add(
              new Report.Note(
                  "budget",
                  Verdict.PASS,
                  "used up after "
                      + fork
                      + " forks; "
                      + undecided()
                      + " benchmarks were not decided"));
          return;
        }
        progress.accept("fork " + (fork + 1) + ", " + undecided() + " not decided yet");
        long start = System.nanoTime();
        one(job, fork);
        longestNanos = Math.max(longestNanos, System.nanoTime() - start);
      }
    }
  }

  private List<List<ForkJob.Task>> jobs() {
    List<ForkJob.Task> open =
        tasks.stream()
            .filter(t -> Objects.requireNonNull(sequences.get(t.name())).state().wantsMore())
            .filter(t -> notes.stream().noneMatch(n -> n.subject().equals(t.name())))
            .toList();
    List<List<ForkJob.Task>> jobs = new ArrayList<>();
    List<ForkJob.Task> models = open.stream().filter(t -> t.method() == null).toList();
    if (!models.isEmpty()) {
      jobs.add(models);
    }
    open.stream().filter(t -> t.method() != null).forEach(t -> jobs.add(List.of(t)));
    return jobs;
  }

  private long undecided() {
    return sequences.values().stream().filter(s -> s.state().wantsMore()).count();
  }

  private void one(List<ForkJob.Task> job, int fork) throws IOException {
    // The order changes from fork to fork: what ran before in the same JVM is part of its state.
    List<ForkJob.Task> rotated = new ArrayList<>(job);
    Collections.rotate(rotated, fork / 2);
    List<ForkJob.Result> measured =
        Forks.run(options.job(baseline, candidate.entries(), fork % 2 == 1, fork == 0, rotated));
    for (ForkJob.Result result : measured) {
      if (result.refused() == null) {
        results.computeIfAbsent(result.name(), n -> new ArrayList<>()).add(result);
        Objects.requireNonNull(sequences.get(result.name())).add(Math.log(result.ratio()));
      } else {
        notes.add(new Report.Note(result.name(), Verdict.INCONCLUSIVE, result.refused()));
      }
    }
  }

  private static Sample sample(String name, List<ForkJob.Result> forks) {
    List<Double> before = new ArrayList<>();
    List<Double> after = new ArrayList<>();
    for (ForkJob.Result fork : forks) {
      before.add(fork.baseline() / 1e3);
      after.add(fork.baseline() * fork.ratio() / 1e3);
    }
    return new Sample(name, "us", before, after, true);
  }
}
