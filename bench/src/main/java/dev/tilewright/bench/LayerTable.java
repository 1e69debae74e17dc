package dev.tilewright.bench;

import dev.tilewright.plan.Origin;
import dev.tilewright.plan.Plan;
import java.util.List;
import java.util.Locale;

/** A row for each layer; the script of the page sorts them and shows them under the mouse. */
final class LayerTable {
  /** Names are a model's: as long as it likes. */
  private static final int LONGEST_CELL = 44;

  private static final int LONGEST_TIP = 400;

  private static final List<String> COLUMNS =
      List.of(
          "#",
          "layer",
          "kind",
          "us",
          "% of run",
          "% of bound",
          "bound by",
          "GFLOP/s",
          "FLOP/byte",
          "MMACs",
          "KB",
          "kernel",
          "threads",
          "source",
          "runner-up",
          "its us",
          "estimate us",
          "us / estimate");

  private static final List<String> WORDS =
      List.of("#", "layer", "kind", "bound by", "kernel", "source", "runner-up");

  private final Profile profile;
  private final Kinds kinds;
  private final Markup html;
  private final double longest;

  private LayerTable(Profile profile, Kinds kinds, Markup html) {
    this.profile = profile;
    this.kinds = kinds;
    this.html = html;
    this.longest = profile.layers().stream().mapToDouble(l -> l.nanos().value()).max().orElse(1);
  }

  static void write(Profile profile, Kinds kinds, Markup html) {
    LayerTable table = new LayerTable(profile, kinds, html);
    html.tag("div", "class", "scroll").tag("table", "id", "layers").tag("thead").tag("tr");
    COLUMNS.forEach(column ->
        html.leaf("th", column, "scope", "col", "class", WORDS.contains(column) ? "" : "n"));
    html.end().end().tag("tbody");
    int order = 0;
    for (LayerTime layer : profile.layers()) {
      table.row(layer, order++);
    }
    html.end().end().end();
  }

  private void row(LayerTime layer, int order) {
    Plan.Step step = layer.step();
    Plan.Choice choice = step.choice();
    String kernel = (choice.algorithm() + " " + choice.tile()).strip();
    html.tag("tr", "data-l", layer.stage() + "." + layer.index(), "data-tip", tip(layer));
    html.leaf("td", layer.number(profile.isStaged()), "data-v", order);
    html.tag("td", "class", "name").tag("i", "class", kinds.color(layer)).end();
    html.text(shorten(step.layer())).end();
    html.leaf("td", layer.kind());
    bar(layer.nanos().value() / 1e3, 100 * layer.nanos().value() / longest, "time");
    number("%.1f", profile.percentOfTime(layer));
    bar(layer.percentOfBound(), Math.min(100, layer.percentOfBound()), "bound");
    html.leaf("td", layer.boundByMemory() ? "memory" : "FMA");
    number("%.1f", layer.gflops());
    number("%.1f", layer.intensity());
    number("%.2f", step.macs() / 1e6);
    number("%.0f", step.bytes() / 1e3);
    html.leaf("td", shorten(kernel), "class", "code");
    html.leaf("td", String.valueOf(step.threads()), "class", "n", "data-v", step.threads());
    html.leaf(
        "td",
        choice.origin().name().toLowerCase(Locale.ROOT),
        "class",
        choice.origin() == Origin.TUNED ? "tuned" : "");
    runnerUp(layer);
    number("%.1f", choice.nanos() / 1e3);
    number("%.2f", layer.overEstimate());
    html.end();
  }

  private void runnerUp(LayerTime layer) {
    LayerTime.RunnerUp next = layer.runnerUp();
    if (next == null) {
      html.leaf("td", "").leaf("td", "", "data-v", 0);
      return;
    }
    html.leaf("td", shorten((next.algorithm() + " " + next.tile()).strip()), "class", "code");
    Double measured = next.measured();
    double nanos = measured != null ? measured : next.estimated() != null ? next.estimated() : 0;
    html.leaf(
        "td",
        String.format(Locale.ROOT, "%.1f %s", nanos / 1e3, measured != null ? "meas." : "est."),
        "class",
        "n",
        "data-v",
        nanos);
  }

  private void number(String format, double value) {
    html.leaf(
        "td",
        Double.isFinite(value) ? String.format(Locale.ROOT, format, value) : "",
        "class",
        "n",
        "data-v",
        Double.isFinite(value) ? value : 0.0);
  }

  private void bar(double value, double percent, String style) {
    html.tag("td", "class", "b " + style, "data-v", value);
    html.tag("span", "style", String.format(Locale.ROOT, "width:%.1f%%", percent)).end();
    html.leaf("b", String.format(Locale.ROOT, "%.1f", value)).end();
  }

  /** What is under the mouse, line by line. */
  private String tip(LayerTime layer) {
    Plan.Step step = layer.step();
    return String.format(
        Locale.ROOT,
        """
        %s  %s
        %s
        %s
        %.1f us [%.1f, %.1f], %.1f %% of the run
        %.1f %% of what %s allow (%.1f us)
        %.1f GFLOP/s, %.1f FLOP/byte, estimate %.1f us\
        """,
        layer.number(profile.isStaged()),
        clipped(step.layer()),
        clipped(step.key()),
        clipped(step.choice().algorithm() + " " + step.choice().tile()),
        layer.nanos().value() / 1e3,
        layer.nanos().low() / 1e3,
        layer.nanos().high() / 1e3,
        profile.percentOfTime(layer),
        layer.percentOfBound(),
        layer.boundByMemory() ? "its bytes" : "its multiply-adds",
        layer.bound() / 1e3,
        layer.gflops(),
        layer.intensity(),
        step.choice().nanos() / 1e3);
  }

  private static String clipped(String text) {
    return text.length() <= LONGEST_TIP ? text : text.substring(0, LONGEST_TIP) + "…";
  }

  private static String shorten(String text) {
    return text.length() <= LONGEST_CELL
        ? text
        : "…" + text.substring(text.length() - LONGEST_CELL + 1);
  }
}
