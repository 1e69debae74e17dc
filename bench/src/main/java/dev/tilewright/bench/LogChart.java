package dev.tilewright.bench;

import java.util.Locale;

/** The frame of a chart with two logarithmic axes. */
final class LogChart {
  static final int WIDTH = 660;
  static final int HEIGHT = 440;
  private static final int LEFT = 58;
  private static final int RIGHT = 16;
  private static final int TOP = 14;
  private static final int BOTTOM = 46;

  /** Values at the ends of an axis. */
  record Range(double low, double high) {
    /** With a fifth of room at both ends. */
    static Range around(double low, double high) {
      return new Range(low / 1.25, high * 1.25);
    }

    private double share(double value) {
      return Math.log(value / low) / Math.log(high / low);
    }
  }

  private final Markup svg;
  private final Range x;
  private final Range y;

  LogChart(Markup svg, String label, Range x, Range y) {
    this.svg = svg;
    this.x = x;
    this.y = y;
    svg.tag(
        "svg",
        "viewBox",
        "0 0 " + WIDTH + " " + HEIGHT,
        "role",
        "img",
        "aria-label",
        label,
        "class",
        "chart");
  }

  double x(double value) {
    return LEFT + (WIDTH - LEFT - RIGHT) * x.share(value);
  }

  double y(double value) {
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * y.share(value);
  }

  /** Grid and numbers at 1, 2 and 5 times the powers of ten. */
  void axes(String xLabel, String yLabel) {
    boolean manyX = x.high / x.low > 300;
    boolean manyY = y.high / y.low > 300;
    for (int power = -6; power <= 12; power++) {
      for (int digit : new int[] {1, 2, 5}) {
        double value = digit * Math.pow(10, power);
        if (value >= x.low && value <= x.high && (digit == 1 || !manyX)) {
          line("grid", x(value), TOP, x(value), HEIGHT - BOTTOM);
          text("num mid", x(value), HEIGHT - BOTTOM + 16, number(value));
        }
        if (value >= y.low && value <= y.high && (digit == 1 || !manyY)) {
          line("grid", LEFT, y(value), WIDTH - RIGHT, y(value));
          text("num end", LEFT - 6, y(value) + 4, number(value));
        }
      }
    }
    text("axis mid", (LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 10, xLabel);
    svg.leaf(
        "text",
        yLabel,
        "class",
        "axis mid",
        "transform",
        "translate(13 " + (TOP + HEIGHT - BOTTOM) / 2 + ") rotate(-90)");
  }

  void line(String style, double x0, double y0, double x1, double y1) {
    svg.empty("line", "class", style, "x1", x0, "y1", y0, "x2", x1, "y2", y1);
  }

  void text(String style, double atX, double atY, String text) {
    svg.leaf("text", text, "class", style, "x", atX, "y", atY);
  }

  /** A layer: the larger the more time it takes. */
  void point(LayerTime layer, String color, double atX, double atY, double percentOfTime) {
    double radius = Math.clamp(2.5 * Math.sqrt(percentOfTime), 3, 14);
    svg.empty(
        "circle",
        "class",
        "pt " + color,
        "cx",
        x(atX),
        "cy",
        y(atY),
        "r",
        radius,
        "data-l",
        layer.stage() + "." + layer.index());
  }

  /** Ends the chart. */
  void end() {
    svg.end();
  }

  private static String number(double value) {
    return value >= 1e6
        ? String.format(Locale.ROOT, "%.0fM", value / 1e6)
        : value >= 1e3
            ? String.format(Locale.ROOT, "%.0fk", value / 1e3)
            : value >= 1
                ? String.format(Locale.ROOT, "%.0f", value)
                : String.format(Locale.ROOT, "%s", (float) value);
  }
}
