package dev.tilewright.gate;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * Measures two programs in forks in which they take turns, and judges. What is flagged is measured
 * again in fresh forks: only what is flagged twice counts.
 */
final class DuetGate {
  /**
   * How to measure.
   *
   * @param forks in the first round, and again for what is flagged
   * @param budgetNanos after which no more forks are started
   * @param work real work added to the candidate, as a fraction, for testing the gate
   */
  record Options(
      int forks,
      long budgetNanos,
      int blockMicros,
      int measureMillis,
      int warmupMillis,
      double work) {
    static Options standard() {
      return new Options(9, 300_000_000_000L, 1500, 300, 3000, 0);
    }

    Options within(int forksWanted, long nanos) {
      return new Options(forksWanted, nanos, blockMicros, measureMillis, warmupMillis, work);
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
  }

  Outcome run() throws IOException {
    measure(tasks, "");
    List<Sample> first = samples();
    List<String> flagged = new ArrayList<>();
    for (Sample sample : first) {
      Estimate e = Estimate.of(sample);
      if (sample.forks() < Rule.PAIRED.fewestForks()) {
        continue;
      }
      if (Rule.PAIRED.isSlower(e) || Rule.PAIRED.isFaster(e)) {
        flagged.add(sample.benchmark());
      }
    }
    Map<String, Integer> seen = new LinkedHashMap<>();
    results.forEach((name, all) -> seen.put(name, all.size()));
    if (!flagged.isEmpty()) {
      measure(tasks.stream().filter(t -> flagged.contains(t.name())).toList(), "again, ");
    }
    List<Finding> findings = new ArrayList<>();
    for (Finding finding : Rule.PAIRED.judge(samples())) {
      String name = finding.sample().benchmark();
      List<ForkJob.Result> all = Objects.requireNonNull(results.get(name));
      int before = Objects.requireNonNull(seen.get(name));
      findings.add(
          flagged.contains(name) ? confirmed(finding, all.subList(before, all.size())) : finding);
    }
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

  /** A finding of all forks, given what the fresh ones say alone. */
  private static Finding confirmed(Finding finding, List<ForkJob.Result> fresh) {
    if (finding.verdict() != Verdict.REGRESSION && finding.verdict() != Verdict.IMPROVEMENT) {
      return finding;
    }
    boolean enough = fresh.size() >= Rule.PAIRED.fewestForks();
    boolean again = false;
    if (enough) {
      Estimate e = Estimate.of(sample(finding.sample().benchmark(), fresh));
      again =
          finding.verdict() == Verdict.REGRESSION
              ? Rule.PAIRED.isSlower(e)
              : Rule.PAIRED.isFaster(e);
    }
    if (again) {
      return new Finding(
          finding.sample(),
          finding.estimate(),
          finding.p(),
          finding.verdict(),
          finding.why() + ", in two sets of forks",
          "");
    }
    return new Finding(
        finding.sample(),
        finding.estimate(),
        finding.p(),
        finding.estimate().high() < Rule.PAIRED.tolerance() ? Verdict.PASS : Verdict.INCONCLUSIVE,
        enough
            ? finding.why() + " once, but not in fresh forks"
            : finding.why() + ", but there was no time to measure it again",
        finding.estimate().high() < Rule.PAIRED.tolerance() ? "" : "another run");
  }

  /** Forks with all models together, and one more for each method of JMH. */
  private void measure(List<ForkJob.Task> wanted, String round) throws IOException {
    List<List<ForkJob.Task>> jobs = new ArrayList<>();
    List<ForkJob.Task> models = wanted.stream().filter(t -> t.method() == null).toList();
    if (!models.isEmpty()) {
      jobs.add(models);
    }
    wanted.stream().filter(t -> t.method() != null).forEach(t -> jobs.add(List.of(t)));
    for (int fork = 0; fork < options.forks(); fork++) {
      for (List<ForkJob.Task> job : jobs) {
        if (System.nanoTime() + longestNanos > deadline) {
          notes.add(
              new Report.Note(
                  "budget",
                  Verdict.PASS,
                  "used up " + round + "after " + fork + " of " + options.forks() + " forks"));
          return;
        }
        progress.accept(round + "fork " + (fork + 1) + " of " + options.forks());
        long start = System.nanoTime();
        one(job, fork);
        longestNanos = Math.max(longestNanos, System.nanoTime() - start);
      }
    }
  }

  private void one(List<ForkJob.Task> job, int fork) throws IOException {
    // The order changes from fork to fork: what ran before in the same JVM is part of its state.
    List<ForkJob.Task> rotated = new ArrayList<>(job);
    java.util.Collections.rotate(rotated, fork / 2);
    List<ForkJob.Result> measured =
        Forks.run(
            new ForkJob(
                baseline.classPath().stream().map(Object::toString).toList(),
                candidate.classPath().stream().map(Object::toString).toList(),
                fork % 2 == 1,
                options.blockMicros(),
                options.measureMillis(),
                options.warmupMillis(),
                options.work(),
                rotated));
    for (ForkJob.Result result : measured) {
      if (result.refused() == null) {
        results.computeIfAbsent(result.name(), n -> new ArrayList<>()).add(result);
      } else if (notes.stream().noneMatch(n -> n.subject().equals(result.name()))) {
        notes.add(new Report.Note(result.name(), Verdict.INCONCLUSIVE, result.refused()));
      }
    }
  }

  private List<Sample> samples() {
    return results.entrySet().stream().map(e -> sample(e.getKey(), e.getValue())).toList();
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
