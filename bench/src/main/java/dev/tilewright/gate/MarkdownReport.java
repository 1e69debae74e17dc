package dev.tilewright.gate;

/** A report for a comment on a pull request. */
final class MarkdownReport {
  private MarkdownReport() {}

  static String of(Report report) {
    StringBuilder text = new StringBuilder();
    text.append("## ").append(report.verdict()).append(": ").append(TextReport.summary(report));
    text.append("\n\n").append(escaped(report.title())).append("\n");
    if (!report.findings().isEmpty()) {
      text.append(
          "\n| verdict | benchmark | change | 99 % bounds | before | after | p | forks | |\n");
      text.append("|---|---|---|---|---|---|---|---|---|\n");
    }
    for (Finding finding : report.findings()) {
      Estimate e = finding.estimate();
      Sample sample = finding.sample();
      boolean quiet = finding.verdict() == Verdict.PASS;
      cells(
          text,
          quiet ? "PASS" : "**" + finding.verdict() + "**",
          escaped(sample.benchmark()),
          Words.change(e.change()),
          Words.change(e.low()) + " to " + Words.change(e.high()),
          Words.time(median(sample.baseline()), escaped(sample.unit())),
          Words.time(median(sample.candidate()), escaped(sample.unit())),
          Words.probability(finding.p()),
          String.valueOf(sample.forks()),
          finding.why() + (finding.needed().isEmpty() ? "" : "; needs " + finding.needed()));
    }
    if (!report.notes().isEmpty()) {
      text.append('\n');
    }
    for (Report.Note note : report.notes()) {
      text.append("- ");
      if (note.verdict() != Verdict.PASS) {
        text.append("**").append(note.verdict()).append("** ");
      }
      text.append(escaped(note.subject())).append(": ").append(escaped(note.text())).append('\n');
    }
    return text.toString();
  }

  static double median(java.util.List<Double> values) {
    return Bootstrap.median(values.stream().mapToDouble(Double::doubleValue).toArray());
  }

  private static void cells(StringBuilder text, String... cells) {
    text.append("| ").append(String.join(" | ", cells)).append(" |\n");
  }

  /** Nothing in it is markup: names come from other people's files. */
  static String escaped(String text) {
    return Words.plain(text)
        .replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replaceAll("([\\\\`*_{}\\[\\]|#~!@])", "\\\\$1");
  }
}
