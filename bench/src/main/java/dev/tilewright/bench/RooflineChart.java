package dev.tilewright.bench;

import dev.tilewright.bench.LogChart.Range;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** Arithmetic intensity against speed, a point for each layer that multiplies, under the roofs. */
final class RooflineChart {
  /** Roofs that differ by less from the one above are left out. */
  private static final double APART = 0.7;

  private RooflineChart() {}

  static void draw(Profile profile, Kinds kinds, Markup svg) {
    Roofline roof = profile.roofline();
    List<LayerTime> layers =
        profile.layers().stream()
            .filter(l -> l.step().macs() > 0 && l.nanos().value() > 0)
            .sorted(Comparator.comparingDouble((LayerTime l) -> l.nanos().value()).reversed())
            .toList();
    double slowest = layers.stream().mapToDouble(LayerTime::gflops).min().orElse(1);
    double fastest = layers.stream().mapToDouble(LayerTime::gflops).max().orElse(1);
    double least = layers.stream().mapToDouble(LayerTime::intensity).min().orElse(1);
    double most = layers.stream().mapToDouble(LayerTime::intensity).max().orElse(1);
    double peak = roof.peakGflops();
    Range x = Range.around(Math.min(least, 0.25), Math.max(most, 64));
    Range y = Range.around(Math.min(slowest, peak / 64), Math.max(fastest, peak));
    LogChart chart = new LogChart(svg, "roofline", x, y);
    chart.axes("FLOP for each byte that must move", "GFLOP/s");
    double drawn = Double.MAX_VALUE;
    for (Roofline.Level level :
        roof.levels().stream()
            .sorted(Comparator.comparingDouble(Roofline.Level::bytesPerNano).reversed())
            .toList()) {
      if (level.bytesPerNano() < APART * drawn) {
        drawn = level.bytesPerNano();
        slope(chart, x, y, level, peak);
      }
    }
    double ridge = peak / roof.levels().getFirst().bytesPerNano();
    chart.line(
        "roof", chart.x(Math.max(x.low(), ridge)), chart.y(peak), chart.x(x.high()), chart.y(peak));
    chart.text(
        "roofname end",
        chart.x(x.high()) - 4,
        chart.y(peak) - 6,
        String.format(Locale.ROOT, "FMA peak %.0f GFLOP/s", peak));
    for (LayerTime layer : layers) {
      chart.point(
          layer,
          kinds.color(layer),
          layer.intensity(),
          layer.gflops(),
          profile.percentOfTime(layer));
    }
    chart.end();
  }

  private static void slope(LogChart chart, Range x, Range y, Roofline.Level level, double peak) {
    double rate = level.bytesPerNano();
    double from = Math.max(x.low(), y.low() / rate);
    double to = peak / rate;
    chart.line("roof", chart.x(from), chart.y(from * rate), chart.x(to), chart.y(peak));
    chart.text(
        "roofname",
        chart.x(from) + 16,
        chart.y(from * rate) + 4,
        String.format(Locale.ROOT, "%s %.0f GB/s", ProfileText.size(level.bytes()), rate));
  }
}
