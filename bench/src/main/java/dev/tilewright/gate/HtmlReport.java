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

  static String of(Report report) throws IOException {
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
    page.append("<table><thead><tr><th>verdict</th><th>benchmark</th>");
    page.append("<th class=\"plot\">").append(scale.axis()).append("</th>");
    page.append("<th class=\"num\">change</th><th class=\"num\">99&nbsp;% bounds</th>");
    page.append("<th class=\"num\">before</th><th class=\"num\">after</th>");
    page.append("<th class=\"num\">p</th><th class=\"num\">forks</th></tr></thead>\n<tbody>\n");
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
    page.append("<tr class=\"")
        .append(css(finding.verdict()))
        .append("\"><td><span class=\"badge ");
    page.append(css(finding.verdict())).append("\">").append(finding.verdict());
    page.append("</span></td><td class=\"name\">").append(escaped(sample.benchmark()));
    page.append("<small>").append(escaped(finding.why()));
    if (!finding.needed().isEmpty()) {
      page.append("; to decide: ").append(escaped(finding.needed()));
    }
    page.append("</small></td><td class=\"plot\">").append(scale.plot(finding)).append("</td>");
    number(page, "<b>" + Words.change(e.change()) + "</b>");
    number(page, Words.change(e.low()) + " to<br>" + Words.change(e.high()));
    number(page, time(sample.baseline(), sample.unit()));
    number(page, time(sample.candidate(), sample.unit()));
    number(page, escaped(Words.probability(finding.p())));
    number(page, String.valueOf(sample.forks()));
    page.append("</tr>\n");
  }

  private static String time(List<Double> times, String unit) {
    return escaped(
        String.format(Locale.ROOT, "%.4g", MarkdownReport.median(times)) + "\u00a0" + unit);
  }

  private static void number(StringBuilder page, String text) {
    page.append("<td class=\"num\">").append(text).append("</td>");
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
