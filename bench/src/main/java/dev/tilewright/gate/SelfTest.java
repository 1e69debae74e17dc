package dev.tilewright.gate;

import com.google.gson.Gson;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.commons.statistics.inference.AlternativeHypothesis;
import org.apache.commons.statistics.inference.TTest;

/**
 * Runs of the gate whose right answer is known: a program against itself, with and without real
 * work added. Every run is a line of a file, so that a series can be interrupted and continued.
 */
final class SelfTest {
  private static final Gson GSON = new Gson();

  /** What the gate asks of a difference, asked of the classic comparison too. */
  private static final double CLASSIC_LEVEL = 0.01;

  /**
   * One benchmark of one run.
   *
   * @param classicChange what comparing the means of separate forks says: the baseline's of every
   *     second fork, the candidate's of the others
   * @param classicP its p-value, by Welch's t
   */
  record Row(
      String benchmark,
      Verdict verdict,
      double change,
      double low,
      double high,
      double p,
      double classicChange,
      double classicP,
      List<Double> baselineMicros,
      List<Double> candidateMicros) {
    boolean classicSaysSlower() {
      return classicP < CLASSIC_LEVEL && classicChange > Rule.PAIRED.threshold();
    }

    boolean classicSaysFaster() {
      return 1 - classicP < CLASSIC_LEVEL && classicChange < -Rule.PAIRED.threshold();
    }
  }

  /**
   * One run.
   *
   * @param work added to the candidate, as a fraction
   * @param seconds that it took
   */
  record Run(double work, double seconds, int forks, int processors, String java, List<Row> rows) {
    Run {
      rows = List.copyOf(rows);
    }
  }

  private final Path file;

  SelfTest(Path file) {
    this.file = file;
  }

  /** The runs so far; a line torn by an interruption is left out. */
  List<Run> runs() throws IOException {
    List<Run> runs = new ArrayList<>();
    if (Files.exists(file)) {
      for (String line : Files.readAllLines(file)) {
        if (line.startsWith("{") && line.endsWith("}")) {
          runs.add(GSON.fromJson(line, Run.class));
        }
      }
    }
    return runs;
  }

  /**
   * Adds runs until there are enough of each kind, or time is up: none is started that would
   * probably end too late.
   *
   * @param works to add, as fractions
   */
  void run(
      Side side,
      List<ForkJob.Task> tasks,
      DuetGate.Options options,
      List<Double> works,
      int trials,
      Consumer<String> progress)
      throws IOException {
    long deadline = System.nanoTime() + options.budgetNanos();
    long longest = 0;
    for (int trial = 0; trial < trials; trial++) {
      for (double work : works) {
        int wanted = trial;
        if (runs().stream().filter(r -> r.work() == work).count() > wanted) {
          continue;
        }
        if (System.nanoTime() + longest > deadline) {
          return;
        }
        String place = "run " + (trial + 1) + " of " + trials + ", work +" + work + ": ";
        long start = System.nanoTime();
        Run run = one(side, tasks, options, work, text -> progress.accept(place + text), start);
        longest = Math.max(longest, System.nanoTime() - start);
        Files.writeString(
            file, GSON.toJson(run) + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
      }
    }
  }

  private static Run one(
      Side side,
      List<ForkJob.Task> tasks,
      DuetGate.Options options,
      double work,
      Consumer<String> progress,
      long start)
      throws IOException {
    DuetGate.Options own =
        new DuetGate.Options(
            options.forks(),
            Long.MAX_VALUE / 4,
            options.blockMicros(),
            options.measureMillis(),
            options.warmupMillis(),
            work);
    DuetGate.Outcome outcome = new DuetGate(side, side, tasks, own, progress).run();
    List<Row> rows = new ArrayList<>();
    for (Finding finding : outcome.findings()) {
      String name = finding.sample().benchmark();
      List<ForkJob.Result> all = outcome.results().getOrDefault(name, List.of());
      rows.add(row(finding, all.subList(0, Math.min(all.size(), options.forks()))));
    }
    return new Run(
        work,
        (System.nanoTime() - start) / 1e9,
        options.forks(),
        Runtime.getRuntime().availableProcessors(),
        Runtime.version().toString(),
        rows);
  }

  private static Row row(Finding finding, List<ForkJob.Result> forks) {
    List<Double> before = new ArrayList<>();
    List<Double> after = new ArrayList<>();
    for (int i = 0; i < forks.size(); i++) {
      (i % 2 == 0 ? before : after)
          .add(mean(i % 2 == 0 ? forks.get(i).baselineNanos() : forks.get(i).candidateNanos()));
    }
    double[] a = array(before);
    double[] b = array(after);
    double p =
        a.length < 2 || b.length < 2
            ? 1
            : TTest.withDefaults().with(AlternativeHypothesis.GREATER_THAN).test(b, a).getPValue();
    return new Row(
        finding.sample().benchmark(),
        finding.verdict(),
        finding.estimate().change(),
        finding.estimate().low(),
        finding.estimate().high(),
        finding.p(),
        b.length == 0 ? 0 : mean(b) / mean(a) - 1,
        p,
        finding.sample().baseline(),
        finding.sample().candidate());
  }

  private static double mean(double[] values) {
    return java.util.Arrays.stream(values).average().orElse(Double.NaN);
  }

  private static double[] array(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).toArray();
  }

  /** What all runs so far say. */
  void print(PrintWriter out) throws IOException {
    Map<Double, List<Run>> kinds = new java.util.TreeMap<>();
    runs().forEach(r -> kinds.computeIfAbsent(r.work(), w -> new ArrayList<>()).add(r));
    String row = "%-7s %5s %10s %9s %9s %12s %9s %11s | %12s %9s %11s%n";
    out.printf(
        Locale.ROOT,
        row,
        "work",
        "runs",
        "benchmarks",
        "slower",
        "faster",
        "inconclusive",
        "s a run",
        "change sd %",
        "classic slow",
        "and fast",
        "change sd %");
    kinds.forEach((work, runs) -> {
      List<Row> rows = runs.stream().flatMap(r -> r.rows().stream()).toList();
      out.printf(
          Locale.ROOT,
          row,
          String.format(Locale.ROOT, "%+.0f %%", 100 * work),
          runs.size(),
          rows.size(),
          count(rows, Verdict.REGRESSION),
          count(rows, Verdict.IMPROVEMENT),
          count(rows, Verdict.INCONCLUSIVE),
          String.format(
              Locale.ROOT, "%.1f", runs.stream().mapToDouble(Run::seconds).average().orElse(0)),
          spread(rows.stream().mapToDouble(Row::change).toArray()),
          rows.stream().filter(Row::classicSaysSlower).count(),
          rows.stream().filter(Row::classicSaysFaster).count(),
          spread(rows.stream().mapToDouble(Row::classicChange).toArray()));
    });
  }

  private static long count(List<Row> rows, Verdict verdict) {
    return rows.stream().filter(r -> r.verdict() == verdict).count();
  }

  private static String spread(double[] values) {
    double mean = mean(values);
    double squares = java.util.Arrays.stream(values).map(v -> (v - mean) * (v - mean)).sum();
    return String.format(
        Locale.ROOT, "%.2f", 100 * Math.sqrt(squares / Math.max(1, values.length - 1)));
  }
}
