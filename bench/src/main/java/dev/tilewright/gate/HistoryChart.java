package dev.tilewright.gate;

import java.util.List;
import java.util.Locale;

/** Times of one benchmark over revisions, as SVG: a line between changes is their median. */
final class HistoryChart {
  private static final int WIDTH = 1080;
  private static final int HEIGHT = 130;
  private static final int LEFT = 70;
  private static final int RIGHT = 16;
  private static final int TOP = 18;
  private static final int BOTTOM = 20;

  private final History.Series series;
  private final double least;
  private final double most;

  private HistoryChart(History.Series series) {
    this.series = series;
    double low = series.micros().stream().mapToDouble(v -> v).min().orElse(0);
    double high = series.micros().stream().mapToDouble(v -> v).max().orElse(1);
    double margin = Math.max(0.1 * (high - low), 0.01 * high);
    least = low - margin;
    most = high + margin;
  }

  /** A section of the page for each benchmark that has a history. */
  static String of(List<History.Series> all) {
    StringBuilder page = new StringBuilder("<h2>History</h2>\n");
    for (History.Series series : all) {
      page.append("<h3>").append(HtmlReport.escaped(series.benchmark())).append("</h3>");
      page.append(new HistoryChart(series).svg()).append('\n');
    }
    page.append(
        "<p class=\"legend\">Microseconds, each dot a revision (point at it for its name). ");
    page.append("Dashed lines are changes for good (E-divisive, p &lt; 0.01), ");
    page.append("level lines the medians between them.</p>\n");
    return page.toString();
  }

  private double x(double index) {
    int last = Math.max(1, series.micros().size() - 1);
    return LEFT + index / last * (WIDTH - LEFT - RIGHT);
  }

  private double y(double micros) {
    return HEIGHT - BOTTOM - (micros - least) / (most - least) * (HEIGHT - TOP - BOTTOM);
  }

  private String svg() {
    StringBuilder svg = new StringBuilder();
    add(
        svg,
        "<svg viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\">",
        WIDTH,
        HEIGHT,
        WIDTH,
        HEIGHT);
    for (double at : new double[] {least, (least + most) / 2, most}) {
      add(
          svg,
          "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>",
          LEFT,
          WIDTH - RIGHT,
          y(at),
          y(at));
      add(
          svg,
          "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%.4g</text>",
          LEFT - 8,
          y(at) + 4,
          at);
    }
    int from = 0;
    for (int i = 0; i <= series.changes().size(); i++) {
      int to = i < series.changes().size() ? series.changes().get(i) : series.micros().size();
      double level = y(series.median(from, to));
      add(
          svg,
          "<line class=\"level\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>",
          x(from),
          x(to - 1),
          level,
          level);
      from = to;
    }
    for (int i = 0; i < series.changes().size(); i++) {
      double at = x(series.changes().get(i) - 0.5);
      String css = series.change(i) > 0 ? "slower" : "faster";
      add(
          svg,
          "<line class=\"change %s\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/>",
          css,
          at,
          at,
          TOP,
          HEIGHT - BOTTOM);
      add(
          svg,
          "<text class=\"%s\" x=\"%.1f\" y=\"12\" text-anchor=\"middle\">%s at %s</text>",
          css,
          Math.clamp(at, LEFT + 60, WIDTH - 80),
          Words.change(series.change(i)),
          HtmlReport.escaped(series.revisions().get(series.changes().get(i))));
    }
    for (int i = 0; i < series.micros().size(); i++) {
      add(
          svg,
          "<circle class=\"candidate\" cx=\"%.1f\" cy=\"%.1f\" r=\"3\"><title>%s: %.4g"
              + " us</title></circle>",
          x(i),
          y(series.micros().get(i)),
          HtmlReport.escaped(series.revisions().get(i)),
          series.micros().get(i));
    }
    return svg.append("</svg>").toString();
  }

  @SuppressWarnings("AnnotateFormatMethod") // the annotation would be a library to depend on
  private static void add(StringBuilder svg, String format, Object... arguments) {
    svg.append(String.format(Locale.ROOT, format, arguments));
  }
}
