package dev.tilewright.gate;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.apache.commons.statistics.inference.AlternativeHypothesis;
import org.apache.commons.statistics.inference.TTest;

/**
 * What all runs of the self-test say, and beside it what the classic comparison makes of the same
 * forks: means of the baseline's in one run against means of the candidate's in the next run that
 * had the same work added, as if two programs had been measured one after the other.
 */
final class SelfTestTable {
  /** What the gate asks of a difference, asked of the classic comparison too. */
  private static final double CLASSIC_LEVEL = 0.01;

  /** Benchmarks with the same work added, under the same load. */
  private record Group(String load, double work) implements Comparable<Group> {
    @Override
    public int compareTo(Group other) {
      int byLoad = other.load.compareTo(load); // idle first
      return byLoad != 0 ? byLoad : Double.compare(work, other.work);
    }
  }

  /** Two sets of forks, compared by their means. */
  private record Classic(double change, double slower, double faster) {
    static Classic of(double[] before, double[] after) {
      TTest test = TTest.withDefaults();
      return new Classic(
          mean(after) / mean(before) - 1,
          test.with(AlternativeHypothesis.GREATER_THAN).test(after, before).getPValue(),
          test.with(AlternativeHypothesis.LESS_THAN).test(after, before).getPValue());
    }

    boolean saysSlower() {
      return slower < CLASSIC_LEVEL && change > Rule.PAIRED.threshold();
    }

    boolean saysFaster() {
      return faster < CLASSIC_LEVEL && -change > Rule.PAIRED.threshold();
    }
  }

  private SelfTestTable() {}

  static void print(List<SelfTest.Run> runs, PrintWriter out) {
    Map<Group, List<SelfTest.Row>> groups = new TreeMap<>();
    for (SelfTest.Run run : runs) {
      for (SelfTest.Row row : run.rows()) {
        Group group = new Group(run.load(), row.work());
        groups.computeIfAbsent(group, g -> new ArrayList<>()).add(row);
      }
    }
    out.printf(Locale.ROOT, "%-70s | %s%n", "", "separate forks' means (Welch)");
    row(
        out,
        "load, work",
        "judged",
        "slower",
        "%",
        "faster",
        "open",
        "pass",
        "forks",
        "sd %",
        "judged",
        "slower",
        "faster",
        "sd %");
    groups.forEach((group, rows) -> {
      List<Classic> classic = classic(rows);
      row(
          out,
          String.format(Locale.ROOT, "%s %+.0f %%", group.load, 100 * group.work),
          rows.size(),
          count(rows, Verdict.REGRESSION),
          String.format(Locale.ROOT, "%.1f", 100.0 * count(rows, Verdict.REGRESSION) / rows.size()),
          count(rows, Verdict.IMPROVEMENT),
          count(rows, Verdict.INCONCLUSIVE),
          count(rows, Verdict.PASS),
          one(rows.stream().mapToInt(r -> r.ratios().length).average().orElse(0)),
          spread(rows.stream().mapToDouble(SelfTest.Row::change).toArray()),
          classic.size(),
          classic.stream().filter(Classic::saysSlower).count(),
          classic.stream().filter(Classic::saysFaster).count(),
          spread(classic.stream().mapToDouble(Classic::change).toArray()));
    });
    Map<String, List<SelfTest.Run>> kinds = new TreeMap<>();
    for (SelfTest.Run run : runs) {
      kinds.computeIfAbsent(run.kind() + ", " + run.load(), k -> new ArrayList<>()).add(run);
    }
    kinds.forEach((name, some) -> summary(some, name, out));
  }

  private static void row(PrintWriter out, Object... cells) {
    out.printf(Locale.ROOT, "%-14s %6s %6s %6s %6s %6s %6s %6s %8s | %6s %6s %6s %8s%n", cells);
  }

  private static void summary(List<SelfTest.Run> runs, String name, PrintWriter out) {
    double seconds = runs.stream().mapToDouble(SelfTest.Run::seconds).sum();
    long benchmarks = runs.stream().mapToLong(r -> r.rows().size()).sum();
    long alarmed =
        runs.stream()
            .filter(r ->
                r.rows().stream()
                    .anyMatch(row -> row.work() == 0 && row.verdict() == Verdict.REGRESSION))
            .count();
    out.printf(
        Locale.ROOT,
        "%s: %d runs, %.1f s a run, %.1f s a benchmark, %d runs with a false alarm%n",
        name,
        runs.size(),
        seconds / runs.size(),
        seconds / Math.max(1, benchmarks),
        alarmed);
  }

  /** Each run against the next of the same benchmark. */
  private static List<Classic> classic(List<SelfTest.Row> rows) {
    Map<String, SelfTest.Row> last = new HashMap<>();
    List<Classic> comparisons = new ArrayList<>();
    for (SelfTest.Row row : rows) {
      SelfTest.Row before = last.put(row.benchmark(), row);
      if (before != null
          && Math.min(before.baselineMeans().length, row.candidateMeans().length) > 1) {
        comparisons.add(Classic.of(before.baselineMeans(), row.candidateMeans()));
      }
    }
    return comparisons;
  }

  private static long count(List<SelfTest.Row> rows, Verdict verdict) {
    return rows.stream().filter(r -> r.verdict() == verdict).count();
  }

  private static String one(double value) {
    return String.format(Locale.ROOT, "%.1f", value);
  }

  /** Standard deviation, %. */
  private static String spread(double[] values) {
    double mean = mean(values);
    double squares = Arrays.stream(values).map(v -> (v - mean) * (v - mean)).sum();
    return String.format(
        Locale.ROOT, "%.2f", 100 * Math.sqrt(squares / Math.max(1, values.length - 1)));
  }

  private static double mean(double[] values) {
    return Arrays.stream(values).average().orElse(0);
  }
}
