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
    return String.format(
        Locale.ROOT,
        "%d slower, %d not decided, %d faster, %d unchanged",
        report.count(Verdict.REGRESSION),
        report.count(Verdict.INCONCLUSIVE),
        report.count(Verdict.IMPROVEMENT),
        report.findings().stream().filter(f -> f.verdict() == Verdict.PASS).count());
  }
}
