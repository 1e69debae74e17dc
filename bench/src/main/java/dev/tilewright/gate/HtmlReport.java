package dev.tilewright.gate;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/** A report as one page that loads nothing: what got slower, by how much, how sure. */
final class HtmlReport {
  private HtmlReport() {}

  /**
   * @param history of past revisions; may be empty
   */
  static String of(Report report, List<History.Series> history) throws IOException {
    StringBuilder page = new StringBuilder();
    page.append("<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">");
    page.append("<meta http-equiv=\"Content-Security-Policy\" ");
    page.append("content=\"default-src 'none'; style-src 'unsafe-inline'\">");
    page.append("<meta name=\"viewport\" content=\"width=device-width\">");
    page.append("<title>").append(report.verdict()).append(" - gate</title><style>");
    page.append(style()).append("</style></head><body>\n");
    page.append("<header class=\"").append(css(report.verdict())).append("\"><h1>");
    page.append(report.verdict()).append("</h1><p class=\"lead\">");
    page.append(escaped(TextReport.summary(report))).append("</p><p>");
    page.append(escaped(report.title())).append("</p></header>\n");
    if (!report.notes().isEmpty()) {
      notes(page, report.notes());
    }
    if (!report.findings().isEmpty()) {
      findings(page, report.findings());
    }
    if (!history.isEmpty()) {
      page.append(HistoryChart.of(history));
    }
    return page.append("</body></html>\n").toString();
  }

  private static void notes(StringBuilder page, List<Report.Note> notes) {
    page.append("<ul class=\"notes\">\n");
    for (Report.Note note : notes) {
      page.append("<li><span class=\"badge ").append(css(note.verdict())).append("\">");
      page.append(note.verdict() == Verdict.PASS ? "note" : note.verdict().toString());
      page.append("</span> <b>").append(escaped(note.subject())).append("</b>: ");
      page.append(escaped(note.text())).append("</li>\n");
    }
    page.append("</ul>\n");
  }

  private static void findings(StringBuilder page, List<Finding> findings) {
    ChangeScale scale = ChangeScale.of(findings);
    page.append("<table><thead><tr><th></th><th>benchmark</th><th class=\"plot\">")
        .append(scale.axis());
    page.append(
        "</th><th class=\"num\">change</th><th class=\"num\">before, after</th></tr></thead>");
    page.append("\n<tbody>\n");
    for (Finding finding : findings) {
      row(page, finding, scale);
    }
    page.append("</tbody></table>\n<p class=\"legend\">");
    page.append(
        "Each bar is where the true change lies: with 99&nbsp;% confidence above its left ");
    page.append("end, with 99&nbsp;% below its right end. The line in it is the median. ");
    page.append("Dots are single forks; where both sides ran in one process they are its ratio, ");
    page.append(
        "else the upper row is the baseline and the lower one the candidate, both relative ");
    page.append("to the baseline's median. The grey band is what counts as no change. ");
    page.append("p is adjusted for the number of benchmarks (Holm).</p>\n");
  }

  private static void row(StringBuilder page, Finding finding, ChangeScale scale) {
    Estimate e = finding.estimate();
    Sample sample = finding.sample();
    page.append("<tr class=\"").append(css(finding.verdict())).append("\"><td>");
    page.append("<span class=\"badge ").append(css(finding.verdict())).append("\">");
    page.append(finding.verdict())
        .append("</span></td><td class=\"name\">")
        .append(name(sample.benchmark()));
    page.append("<small>").append(escaped(finding.why()));
    if (!finding.needed().isEmpty()) {
      page.append("; to decide: ").append(escaped(finding.needed()));
    }
    page.append("</small></td><td class=\"plot\">").append(scale.plot(finding)).append("</td>");
    number(
        page,
        "<b>" + Words.change(e.change()) + "</b>",
        Words.change(e.low()) + " to " + Words.change(e.high()));
    number(
        page,
        time(sample.baseline(), sample.unit()) + "<br>" + time(sample.candidate(), sample.unit()),
        sample.forks() + " forks, p " + escaped(Words.probability(finding.p())));
    page.append("</tr>\n");
  }

  /** A package in small letters, then the rest; it may break after each dot. */
  private static String name(String benchmark) {
    int parameters = Math.max(0, benchmark.indexOf('{'));
    String before = parameters == 0 ? benchmark : benchmark.substring(0, parameters);
    int method = before.lastIndexOf('.');
    int type = method < 0 ? -1 : before.lastIndexOf('.', method - 1);
    String full = escaped(benchmark.substring(type + 1)).replace(".", ".<wbr>");
    return type < 0
        ? full
        : "<small>"
            + escaped(benchmark.substring(0, type)).replace(".", ".<wbr>")
            + "</small>"
            + full;
  }

  private static String time(List<Double> times, String unit) {
    return escaped(
        String.format(Locale.ROOT, "%.4g", MarkdownReport.median(times)) + "\u00a0" + unit);
  }

  private static void number(StringBuilder page, String text, String small) {
    page.append("<td class=\"num\">").append(text);
    page.append("<small>").append(small).append("</small></td>");
  }

  static String css(Verdict verdict) {
    return verdict.name().toLowerCase(Locale.ROOT);
  }

  private static String style() throws IOException {
    try (InputStream in = HtmlReport.class.getResourceAsStream("page.css")) {
      return new String(
          Objects.requireNonNull(in, "page.css").readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /** Nothing in it is markup: names come from other people's files. */
  static String escaped(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;")
        .replace("'", "&#39;");
  }
}
