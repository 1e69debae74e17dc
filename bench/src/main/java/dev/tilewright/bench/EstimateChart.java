package dev.tilewright.bench;

import dev.tilewright.bench.LogChart.Range;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** What the cost model promised against what was measured, a point for each layer. */
final class EstimateChart {
  private EstimateChart() {}

  static void draw(Profile profile, Kinds kinds, Markup svg) {
    List<LayerTime> layers =
        profile.layers().stream()
            .filter(l -> l.step().choice().nanos() > 0 && l.nanos().value() > 0)
            .sorted(Comparator.comparingDouble((LayerTime l) -> l.nanos().value()).reversed())
            .toList();
    double low = Double.MAX_VALUE;
    double high = 0;
    for (LayerTime layer : layers) {
      double estimate = layer.step().choice().nanos() / 1e3;
      double measured = layer.nanos().value() / 1e3;
      low = Math.min(low, Math.min(estimate, measured));
      high = Math.max(high, Math.max(estimate, measured));
    }
    Range range = layers.isEmpty() ? new Range(1, 1000) : Range.around(low, high);
    LogChart chart = new LogChart(svg, "estimates and measurements", range, range);
    chart.axes("estimated us", "measured us");
    diagonal(chart, range, 1, "line thin", "as estimated");
    double scale = profile.costModel().scale();
    if (scale > 0 && Math.abs(Math.log(scale)) > 0.05) {
      diagonal(chart, range, scale, "line dash", String.format(Locale.ROOT, "x %.2f", scale));
    }
    for (LayerTime layer : layers) {
      chart.point(
          layer,
          kinds.color(layer),
          layer.step().choice().nanos() / 1e3,
          layer.nanos().value() / 1e3,
          profile.percentOfTime(layer));
    }
    chart.end();
  }

  /** The line measured = times * estimated. */
  private static void diagonal(
      LogChart chart, Range range, double times, String style, String name) {
    double from = Math.max(range.low(), range.low() / times);
    double to = Math.min(range.high(), range.high() / times);
    if (from >= to) {
      return;
    }
    chart.line(style, chart.x(from), chart.y(from * times), chart.x(to), chart.y(to * times));
    double at = Math.exp(Math.log(to) * 0.12 + Math.log(from) * 0.88);
    boolean above = times > 1;
    chart.text(
        above ? "roofname end" : "roofname",
        chart.x(at) + (above ? -8 : 8),
        chart.y(at * times) + (above ? -2 : 10),
        name);
  }
}
