package dev.tilewright.gate;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/**
 * Runs of the gate whose right answer is known: a program against itself, with and without real
 * work added. Every run is a line of a file, so that a series can be interrupted and continued.
 */
final class SelfTest {
  private static final double MICROS_DIGITS = 1e2;
  private static final double RATIO_DIGITS = 1e5;

  /**
   * One benchmark of one run; arrays are by fork.
   *
   * @param work added to the candidate, as a fraction
   * @param change what the gate estimated
   * @param ratios candidate over baseline, what the gate decided by
   * @param baselineMeans microseconds, what a comparison of separate forks would go by
   * @param candidateMeans the same of the other side
   */
  record Row(
      String benchmark,
      double work,
      Verdict verdict,
      double change,
      double[] ratios,
      double[] baselineMeans,
      double[] candidateMeans) {}

  /**
   * One run.
   *
   * @param kind aa or power
   * @param load what else the machine did, in words
   * @param seconds that it took
   */
  record Run(String kind, String load, double seconds, String java, List<Row> rows) {
    Run {
      rows = List.copyOf(rows);
    }
  }

  private final JsonLines<Run> lines;

  SelfTest(Path file) {
    lines = new JsonLines<>(file, Run.class);
  }

  /** The runs so far; a line torn by an interruption is left out. */
  List<Run> runs() throws IOException {
    return lines.read();
  }

  /**
   * Adds runs until there are enough, or time is up: none is started that would probably end too
   * late.
   *
   * @param kind aa or power
   * @param works what is added to a benchmark, as fractions: to each another, and in each run
   *     another than in the one before
   * @param enough runs of this kind under this load, in all
   */
  void run(
      String kind,
      String load,
      Side side,
      List<ForkJob.Task> tasks,
      DuetGate.Options options,
      List<Double> works,
      int enough,
      Consumer<String> progress)
      throws IOException {
    long deadline = System.nanoTime() + options.budgetNanos();
    long longest = 0;
    int done =
        Math.toIntExact(
            runs().stream().filter(r -> r.kind().equals(kind) && r.load().equals(load)).count());
    DuetGate.Options whole = options.within(options.forks(), Long.MAX_VALUE / 4);
    for (; done < enough && System.nanoTime() + longest < deadline; done++) {
      String place = "run " + (done + 1) + " of " + enough + ": ";
      List<ForkJob.Task> slowed = new ArrayList<>();
      for (int i = 0; i < tasks.size(); i++) {
        slowed.add(tasks.get(i).slowedBy(works.get((i + done) % works.size())));
      }
      long start = System.nanoTime();
      DuetGate.Outcome outcome =
          new DuetGate(side, side, slowed, whole, text -> progress.accept(place + text)).run();
      long took = System.nanoTime() - start;
      longest = Math.max(longest, took);
      List<Row> rows = new ArrayList<>();
      for (Finding finding : outcome.findings()) {
        String name = finding.sample().benchmark();
        double work =
            slowed.stream().filter(t -> t.name().equals(name)).findFirst().orElseThrow().work();
        rows.add(row(finding, work, outcome.results().getOrDefault(name, List.of())));
      }
      lines.append(
          new Run(kind, load, Math.round(took / 1e7) / 1e2, Runtime.version().toString(), rows));
    }
  }

  private static Row row(Finding finding, double work, List<ForkJob.Result> forks) {
    return new Row(
        finding.sample().benchmark(),
        work,
        finding.verdict(),
        rounded(finding.estimate().change(), RATIO_DIGITS),
        forks.stream().mapToDouble(f -> rounded(f.ratio(), RATIO_DIGITS)).toArray(),
        forks.stream().mapToDouble(f -> mean(f.baselineNanos())).toArray(),
        forks.stream().mapToDouble(f -> mean(f.candidateNanos())).toArray());
  }

  /** Microseconds. */
  private static double mean(double[] nanos) {
    return rounded(Arrays.stream(nanos).average().orElseThrow() / 1e3, MICROS_DIGITS);
  }

  private static double rounded(double value, double digits) {
    return Math.round(value * digits) / digits;
  }
}
