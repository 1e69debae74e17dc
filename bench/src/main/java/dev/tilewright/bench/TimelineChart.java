package dev.tilewright.bench;

import dev.tilewright.Timeline;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** A run from left to right: the steps, and what each thread computed of them. */
final class TimelineChart {
  private static final int WIDTH = 1360;
  private static final int LEFT = 70;
  private static final int RIGHT = 70;
  private static final int ROW = 30;
  private static final int GAP = 6;
  private static final int AXIS = 26;

  private final Profile profile;
  private final Kinds kinds;
  private final Markup svg;
  private final double nanos;

  private TimelineChart(Profile profile, Kinds kinds, Markup svg) {
    this.profile = profile;
    this.kinds = kinds;
    this.svg = svg;
    this.nanos = Math.max(1, profile.typical().nanos());
  }

  static void draw(Profile profile, Kinds kinds, Markup svg) {
    new TimelineChart(profile, kinds, svg).draw();
  }

  private void draw() {
    int threads = profile.roofline().threads();
    int height = (threads + 1) * (ROW + GAP) + AXIS;
    svg.tag(
        "svg",
        "viewBox",
        "0 0 " + WIDTH + " " + height,
        "role",
        "img",
        "aria-label",
        "timeline",
        "class",
        "chart timeline");
    ticks(height - AXIS);
    label(0, "steps", "");
    for (int thread = 0; thread < threads; thread++) {
      String busy = String.format(Locale.ROOT, "%.0f %% busy", profile.percentBusy(thread));
      label(thread + 1, thread == 0 ? "caller" : "thread " + thread, busy);
    }
    Map<String, LayerTime> layers = new HashMap<>();
    profile.layers().forEach(l -> layers.put(l.stage() + "." + l.index(), l));
    for (LayerTime layer : profile.layers()) {
      Timeline.Stage stage = profile.typical().stages().get(layer.stage());
      bar(0, layer, stage.steps().get(layer.index()));
    }
    for (int s = 0; s < profile.typical().stages().size(); s++) {
      for (Timeline.Slice slice : profile.typical().stages().get(s).slices()) {
        LayerTime layer = layers.get(s + "." + slice.step());
        if (layer != null) {
          bar(slice.thread() + 1, layer, slice.span());
        }
      }
    }
    svg.end();
  }

  private void label(int row, String name, String note) {
    double middle = row * (ROW + GAP) + ROW / 2.0 + 4;
    svg.empty(
        "rect",
        "class",
        "lane",
        "x",
        LEFT,
        "y",
        row * (ROW + GAP),
        "width",
        WIDTH - LEFT - RIGHT,
        "height",
        ROW);
    svg.leaf("text", name, "class", "num end", "x", LEFT - 8, "y", middle);
    svg.leaf("text", note, "class", "num", "x", WIDTH - RIGHT + 8, "y", middle);
  }

  private void ticks(int bottom) {
    double step = Math.pow(10, Math.floor(Math.log10(nanos / 4)));
    step *= nanos / step > 20 ? 5 : nanos / step > 10 ? 2 : 1;
    for (double at = 0; at <= nanos; at += step) {
      svg.empty("line", "class", "grid", "x1", x(at), "y1", 0, "x2", x(at), "y2", bottom);
      String text =
          step >= 1e5
              ? String.format(Locale.ROOT, "%.1f ms", at / 1e6)
              : String.format(Locale.ROOT, "%.0f us", at / 1e3);
      svg.leaf("text", text, "class", "num mid", "x", x(at), "y", bottom + 16);
    }
  }

  private double x(double at) {
    return LEFT + (WIDTH - LEFT - RIGHT) * at / nanos;
  }

  private void bar(int row, LayerTime layer, Timeline.Span span) {
    double left = x((double) span.begin());
    double width = Math.max(0.3, x((double) span.end()) - left);
    int top = row * (ROW + GAP);
    svg.empty(
        "rect",
        "class",
        "bar " + kinds.color(layer),
        "x",
        left,
        "y",
        top,
        "width",
        width,
        "height",
        ROW,
        "data-l",
        layer.stage() + "." + layer.index());
    String number = layer.number(profile.isStaged());
    if (row == 0 && width > 7 * number.length() + 2) {
      svg.leaf(
          "text", number, "class", "inbar mid", "x", left + width / 2, "y", top + ROW / 2.0 + 4);
    }
  }
}
