package dev.tilewright.gate;

import java.io.PrintWriter;
import java.util.Locale;

/** A report for a terminal. */
final class TextReport {
  private TextReport() {}

  static void print(Report report, PrintWriter out) {
    int width =
        report.findings().stream().mapToInt(f -> f.sample().benchmark().length()).max().orElse(9);
    String row = "%-12s  %-" + Math.clamp(width, 9, 70) + "s  %9s  %-20s  %5s  %s%n";
    if (!report.findings().isEmpty()) {
      out.printf(Locale.ROOT, row, "verdict", "benchmark", "change", "99 % bounds", "forks", "");
    }
    for (Finding finding : report.findings()) {
      Estimate e = finding.estimate();
      out.printf(
          Locale.ROOT,
          row,
          finding.verdict(),
          Words.plain(finding.sample().benchmark()),
          Words.change(e.change()),
          Words.change(e.low()) + " to " + Words.change(e.high()),
          finding.sample().forks(),
          finding.why() + (finding.needed().isEmpty() ? "" : "; needs " + finding.needed()));
    }
    for (Report.Note note : report.notes()) {
      out.printf(
          Locale.ROOT,
          "%-12s  %s: %s%n",
          note.verdict() == Verdict.PASS ? "note" : note.verdict(),
          Words.plain(note.subject()),
          Words.plain(note.text()));
    }
    out.println(report.verdict() + ": " + summary(report));
  }

  static String summary(Report report) {
    String times =
        report.findings().isEmpty()
            ? ""
            : String.format(
                Locale.ROOT,
                "%d slower, %d not decided, %d faster, %d unchanged",
                timed(report, Verdict.REGRESSION),
                timed(report, Verdict.INCONCLUSIVE),
                timed(report, Verdict.IMPROVEMENT),
                timed(report, Verdict.PASS));
    long worse = noted(report, Verdict.REGRESSION);
    long open = noted(report, Verdict.INCONCLUSIVE);
    String rest =
        (worse > 0 ? worse + " worse in what is not time" : "")
            + (worse > 0 && open > 0 ? ", " : "")
            + (open > 0 ? open + " could not be judged" : "");
    String all = times + (times.isEmpty() || rest.isEmpty() ? "" : "; ") + rest;
    return all.isEmpty() ? "nothing is worse" : all;
  }

  private static long timed(Report report, Verdict verdict) {
    return report.findings().stream().filter(f -> f.verdict() == verdict).count();
  }

  private static long noted(Report report, Verdict verdict) {
    return report.notes().stream().filter(n -> n.verdict() == verdict).count();
  }
}
