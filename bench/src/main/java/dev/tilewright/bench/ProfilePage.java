package dev.tilewright.bench;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/**
 * A profile as one HTML file that needs nothing else: it may load nothing from anywhere, which its
 * own policy says too. Drawings are there without the script, which sorts and shows what is under
 * the mouse.
 */
final class ProfilePage {
  private static final String POLICY =
      "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

  private ProfilePage() {}

  /**
   * The page.
   *
   * @param memory a chart of each stage that has one, SVG of ours
   */
  static String of(Profile profile, List<String> memory) throws IOException {
    Kinds kinds = new Kinds(profile);
    Markup html = new Markup();
    html.raw("<!DOCTYPE html>\n");
    html.tag("html", "lang", "en", "xmlns", "http://www.w3.org/1999/xhtml").tag("head");
    html.empty("meta", "charset", "utf-8");
    html.empty("meta", "http-equiv", "Content-Security-Policy", "content", POLICY);
    html.empty("meta", "name", "viewport", "content", "width=device-width");
    html.leaf("title", "profile of " + profile.model());
    html.tag("style").raw(resource("profile.css")).end().end();
    html.tag("body");
    head(profile, html);
    section(html, "Where the time goes", "");
    kinds.bar(html);
    html.end();
    html.tag("div", "class", "pair");
    section(
        html,
        "Roofline",
        "A point is a layer, its area the share of the time. Sloping lines: what can be read from"
            + " as many bytes; Winograd may be above the peak.");
    RooflineChart.draw(profile, kinds, html);
    html.end();
    section(html, "Cost model", sentence(ProfileText.costModel(profile.costModel())));
    EstimateChart.draw(profile, kinds, html);
    html.end().end();
    section(
        html,
        "One run",
        "The timed run of median length: steps, and what each thread computed of them; what is"
            + " empty is idle or between steps.");
    TimelineChart.draw(profile, kinds, html);
    html.end();
    section(html, "Layers", "Click a heading to sort.");
    LayerTable.write(profile, kinds, html);
    html.end();
    if (!memory.isEmpty()) {
      section(html, "Memory", "What is in the arena at each step.");
      memory.forEach(chart -> html.tag("div", "class", "memory").raw(chart).end());
      html.end();
    }
    html.tag("div", "id", "tip", "hidden", "hidden").end();
    html.tag("script").raw("//<![CDATA[\n" + resource("profile.js") + "//]]>\n").end();
    return html.end().end() + "\n";
  }

  private static void head(Profile profile, Markup html) {
    Environment at = profile.environment();
    html.tag("header").leaf("h1", profile.model());
    html.leaf(
        "p", String.join(", ", profile.inputs().values()) + " · backend " + profile.backend());
    html.leaf(
        "p",
        at.cpu()
            + ", "
            + at.processors()
            + " processors · "
            + at.os()
            + " · "
            + at.jdk()
            + " · revision "
            + at.revision(),
        "class",
        "faint");
    html.tag("div", "class", "tiles");
    tile(
        html,
        String.format(Locale.ROOT, "%.3f ms", profile.millis().value()),
        String.format(
            Locale.ROOT,
            "a run, median of %d [%.3f, %.3f]%s",
            profile.runs(),
            profile.millis().low(),
            profile.millis().high(),
            profile.settled() ? "" : "; warm-up did not settle"));
    tile(
        html,
        String.format(Locale.ROOT, "%.1f %%", profile.percentOfPeak()),
        String.format(
            Locale.ROOT, "of the FMA peak, %.1f GFLOP/s", profile.roofline().peakGflops()));
    tile(
        html,
        String.format(Locale.ROOT, "%.1f %%", profile.percentOfBound()),
        "of the roofline, layer by layer");
    tile(
        html,
        String.format(Locale.ROOT, "%.1f M", profile.macs() / 1e6),
        String.format(
            Locale.ROOT,
            "multiply-accumulates in %d steps%s",
            profile.layers().size(),
            profile.isStaged() ? " of " + profile.typical().stages().size() + " stages" : ""));
    tile(
        html,
        String.valueOf(profile.roofline().threads()),
        profile.roofline().threads() == 1 ? "thread" : "threads");
    tile(
        html,
        String.format(
            Locale.ROOT,
            "%+.1f %%",
            100 * (profile.timedMillis().value() / profile.millis().value() - 1)),
        "what timing each part adds");
    html.end().end();
  }

  private static void tile(Markup html, String value, String meaning) {
    html.tag("div").leaf("strong", value).leaf("span", meaning).end();
  }

  private static void section(Markup html, String title, String explanation) {
    html.tag("section").leaf("h2", title);
    if (!explanation.isEmpty()) {
      html.leaf("p", explanation, "class", "faint");
    }
  }

  private static String sentence(String text) {
    return text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1) + ".";
  }

  private static String resource(String name) throws IOException {
    try (InputStream in = ProfilePage.class.getResourceAsStream(name)) {
      return new String(Objects.requireNonNull(in, name).readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
