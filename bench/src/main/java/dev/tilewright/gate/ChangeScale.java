package dev.tilewright.gate;

import java.util.List;
import java.util.Locale;
import java.util.stream.DoubleStream;

/**
 * Changes of all benchmarks on one axis, as SVG.
 *
 * @param most the change at both ends, as a fraction
 */
record ChangeScale(double most) {
  private static final int WIDTH = 420;
  private static final int HEIGHT = 44;
  private static final int MARGIN = 12;

  /** Axes end at one of these; what lies beyond is drawn at the end. */
  private static final double[] ENDS = {0.03, 0.06, 0.12, 0.3, 0.6, 1, 2};

  static ChangeScale of(List<Finding> findings) {
    double widest =
        findings.stream()
            .map(Finding::estimate)
            .flatMapToDouble(e -> DoubleStream.of(-e.low(), e.high()))
            .max()
            .orElse(0);
    for (double end : ENDS) {
      if (widest <= end) {
        return new ChangeScale(end);
      }
    }
    return new ChangeScale(ENDS[ENDS.length - 1]);
  }

  private double x(double change) {
    double share = Math.clamp(change, -most, most) / most;
    return WIDTH / 2.0 + share * (WIDTH / 2.0 - MARGIN);
  }

  String axis() {
    StringBuilder svg = svg(18);
    for (double at : new double[] {-most, -most / 2, 0, most / 2, most}) {
      String anchor = at == -most ? "start" : at == most ? "end" : "middle";
      double x = at == -most ? 0 : at == most ? WIDTH : x(at);
      svg.append(
          String.format(
              Locale.ROOT,
              "<text x=\"%.1f\" y=\"14\" text-anchor=\"%s\">%s</text>",
              x,
              anchor,
              at == 0 ? "\u2190 faster   0   slower \u2192" : Words.change(at)));
    }
    return svg.append("</svg>").toString();
  }

  String plot(Finding finding) {
    Estimate e = finding.estimate();
    StringBuilder svg = svg(HEIGHT);
    double band = Rule.PAIRED.threshold();
    rectangle(svg, "band", x(-band), x(band), 0, HEIGHT);
    svg.append(
        String.format(
            Locale.ROOT,
            "<line class=\"zero\" x1=\"%1$.1f\" x2=\"%1$.1f\" y1=\"0\" y2=\"%2$d\"/>",
            x(0),
            HEIGHT));
    rectangle(svg, "bounds", x(e.low()), Math.max(x(e.high()), x(e.low()) + 2), 8, 14);
    rectangle(svg, "median", x(e.change()) - 1.5, x(e.change()) + 1.5, 4, 22);
    Sample sample = finding.sample();
    if (sample.paired()) {
      for (double ratio : sample.logRatios()) {
        dot(svg, "candidate", Math.expm1(ratio), 36);
      }
    } else {
      double before = MarkdownReport.median(sample.baseline());
      sample.baseline().forEach(t -> dot(svg, "baseline", t / before - 1, 32));
      sample.candidate().forEach(t -> dot(svg, "candidate", t / before - 1, 40));
    }
    return svg.append("</svg>").toString();
  }

  private static StringBuilder svg(int height) {
    return new StringBuilder(
        String.format(
            Locale.ROOT,
            "<svg viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\">",
            WIDTH,
            height,
            WIDTH,
            height));
  }

  private static void rectangle(
      StringBuilder svg, String css, double from, double to, int y, int height) {
    svg.append(
        String.format(
            Locale.ROOT,
            "<rect class=\"%s\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\"/>",
            css,
            from,
            y,
            to - from,
            height));
  }

  private void dot(StringBuilder svg, String css, double change, int y) {
    svg.append(
        String.format(
            Locale.ROOT,
            "<circle class=\"%s\" cx=\"%.1f\" cy=\"%d\" r=\"3\"><title>%s</title></circle>",
            css,
            x(change),
            y,
            Words.change(change)));
  }
}
