package dev.tilewright.cli;

import dev.tilewright.cli.Drawing.Anchor;
import dev.tilewright.plan.Plan;
import java.awt.Color;
import java.awt.Dimension;
import java.util.List;
import java.util.Locale;

/**
 * The arena over a run: steps from left to right, bytes upwards, a rectangle for each buffer while
 * it must keep its contents. A line shows what is alive at each step; where it is highest is the
 * lower bound.
 */
public final class MemoryChart {
  static final Dimension SIZE = new Dimension(1280, 720);

  private static final int LEFT = 84;
  private static final int RIGHT = 24;
  private static final int TOP = 84;
  private static final int BOTTOM = 52;

  private static final Color TEXT = new Color(0x22303c);
  private static final Color FAINT = new Color(0x6b7783);
  private static final Color GRID = new Color(0xe3e7eb);
  private static final Color ALIVE = new Color(0xb3261e);
  private static final Color OUTSIDE = new Color(0x4f9d94);
  private static final Color IN_PLACE = new Color(0xe3a84d);
  private static final Color SCRATCH = new Color(0xb4bac1);

  /** Two, so that neighbours can be told apart. */
  private static final Color[] VALUES = {new Color(0x7ea6d8), new Color(0x9bbde6)};

  private final Plan plan;
  private final String title;
  private final Drawing out;

  private MemoryChart(Plan plan, String title, Drawing out) {
    this.plan = plan;
    this.title = title;
    this.out = out;
  }

  /** As SVG for a page. */
  public static String svg(Plan plan, String title) {
    SvgDrawing drawing = new SvgDrawing(SIZE);
    draw(plan, title, drawing);
    return drawing.toString();
  }

  static void draw(Plan plan, String title, Drawing out) {
    MemoryChart chart = new MemoryChart(plan, title, out);
    chart.heading();
    chart.axes();
    List<Plan.Buffer> buffers = plan.buffers();
    for (int i = 0; i < buffers.size(); i++) {
      chart.buffer(buffers.get(i), i);
    }
    chart.alive();
    chart.bound();
  }

  private void heading() {
    out.text(LEFT, 30, 18, TEXT, Anchor.START, title);
    out.text(
        LEFT,
        50,
        13,
        FAINT,
        Anchor.START,
        String.format(
            Locale.ROOT,
            "arena %,d bytes, %.1f %% of the lower bound %,d; %d steps, %d in place",
            plan.arenaBytes(),
            100.0 * plan.arenaBytes() / Math.max(1, plan.lowerBoundBytes()),
            plan.lowerBoundBytes(),
            plan.steps().size(),
            plan.steps().stream().filter(plan::isInPlace).count()));
    double x = LEFT;
    x = legend(x, VALUES[0], "intermediate");
    x = legend(x, IN_PLACE, "written over in place");
    x = legend(x, OUTSIDE, "input or output");
    x = legend(x, SCRATCH, "scratch");
    out.line(ALIVE, 2, false, x, 66, x + 16, 66);
    out.text(x + 22, 70, 12, TEXT, Anchor.START, "alive at this step");
  }

  private double legend(double x, Color color, String text) {
    out.rectangle(x, 60, 16, 12, color, text);
    out.text(x + 22, 70, 12, TEXT, Anchor.START, text);
    return x + 44 + 6.5 * text.length();
  }

  private void axes() {
    long step = niceStep(Math.max(1, plan.arenaBytes()), 8);
    for (long bytes = 0; bytes <= plan.arenaBytes(); bytes += step) {
      out.line(GRID, 1, false, LEFT, y(bytes), SIZE.width - RIGHT, y(bytes));
      out.text(LEFT - 8, y(bytes) + 4, 12, FAINT, Anchor.END, text(bytes));
    }
    int steps = plan.steps().size();
    long every = niceStep(Math.max(1, steps), 16);
    for (int i = 0; i < steps; i += (int) every) {
      double middle = (x(i) + x(i + 1)) / 2;
      out.text(middle, SIZE.height - BOTTOM + 18, 12, FAINT, Anchor.MIDDLE, "" + (i + 1));
    }
    double middle = (LEFT + SIZE.width - RIGHT) / 2.0;
    out.text(middle, SIZE.height - 12, 12, FAINT, Anchor.MIDDLE, "step, as explain numbers them");
  }

  private void buffer(Plan.Buffer b, int index) {
    int steps = plan.steps().size();
    double left = x(b.first());
    double width = x(b.last() + 1) - left;
    double top = y(b.offset() + b.bytes());
    double height = y(b.offset()) - top;
    boolean outside = b.first() < 0 || b.last() == steps;
    boolean inPlace = b.name().contains(", ");
    Color color =
        b.scratch() ? SCRATCH : outside ? OUTSIDE : inPlace ? IN_PLACE : VALUES[index % 2];
    out.rectangle(left, top, width, height, color, describe(b));
    int letters = (int) (width / 6.2) - 1;
    if (height >= 14 && letters >= Math.min(4, b.name().length())) {
      String name =
          b.name().length() <= letters ? b.name() : b.name().substring(0, letters - 1) + "…";
      out.text(left + width / 2, top + height / 2 + 4, 11, TEXT, Anchor.MIDDLE, name);
    }
  }

  private String describe(Plan.Buffer b) {
    int steps = plan.steps().size();
    String from = b.first() < 0 ? "before the run" : layer(b.first());
    String to = b.last() == steps ? "after the run" : layer(b.last());
    return String.format(
        Locale.ROOT, "%s: %,d bytes, from %s to %s", b.name(), b.bytes(), from, to);
  }

  private String layer(int step) {
    return "step " + (step + 1) + " (" + plan.steps().get(step).layer() + ")";
  }

  /** The sum of what is alive, a horizontal piece for each step. */
  private void alive() {
    int columns = plan.steps().size() + 2;
    double[] points = new double[4 * columns];
    for (int i = 0; i < columns; i++) {
      int step = i - 1;
      double y =
          y(
              plan.buffers().stream()
                  .filter(b -> b.first() <= step && step <= b.last())
                  .mapToLong(Plan.Buffer::bytes)
                  .sum());
      points[4 * i] = x(step);
      points[4 * i + 1] = y;
      points[4 * i + 2] = x(step + 1);
      points[4 * i + 3] = y;
    }
    out.line(Color.WHITE, 4, false, points);
    out.line(ALIVE, 2, false, points);
  }

  private void bound() {
    double y = y(plan.lowerBoundBytes());
    out.line(ALIVE, 1, true, LEFT, y, SIZE.width - RIGHT, y);
    out.text(SIZE.width - RIGHT, y - 5, 12, ALIVE, Anchor.END, "lower bound");
  }

  /** Left end of a step's column; those before the first and after the last step have one too. */
  private double x(int step) {
    double columns = plan.steps().size() + 2;
    return LEFT + (SIZE.width - LEFT - RIGHT) * (step + 1) / columns;
  }

  private double y(long bytes) {
    double height = SIZE.height - TOP - BOTTOM - 16;
    return SIZE.height - BOTTOM - height * bytes / Math.max(1, plan.arenaBytes());
  }

  /** 1, 2 or 5 times a power of ten, so that at most {@code most} steps fit. */
  private static long niceStep(long range, int most) {
    long step = 1;
    for (int i = 0; range / step >= most; i++) {
      step = i % 3 == 1 ? step / 2 * 5 : step * 2;
    }
    return step;
  }

  private static String text(long bytes) {
    return bytes >= 1_000_000
        ? String.format(Locale.ROOT, "%.4s MB", trimmed(bytes / 1e6))
        : bytes >= 1000
            ? String.format(Locale.ROOT, "%.5s KB", trimmed(bytes / 1e3))
            : bytes + " B";
  }

  private static String trimmed(double value) {
    return value == Math.rint(value)
        ? String.valueOf((long) value)
        : String.format(Locale.ROOT, "%.1f", value);
  }
}
