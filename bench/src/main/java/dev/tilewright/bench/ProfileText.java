package dev.tilewright.bench;

import dev.tilewright.plan.Plan;
import java.io.PrintWriter;
import java.util.Locale;

/** A profile as a table for a terminal. */
final class ProfileText {
  private ProfileText() {}

  static void print(Profile profile, PrintWriter out) {
    line(
        out,
        "%-6s %-32s %-40s %9s %17s %6s %7s %-6s %9s %9s  %s",
        "#",
        "step",
        "kernel",
        "us",
        "95 %",
        "% time",
        "% bound",
        "by",
        "GFLOP/s",
        "estimate",
        "key");
    for (LayerTime layer : profile.layers()) {
      Plan.Step step = layer.step();
      line(
          out,
          "%-6s %-32s %-40s %9.1f %17s %6.1f %7.1f %-6s %9.1f %9.1f  %s",
          layer.number(profile.isStaged()),
          shorten(step.layer(), 32),
          shorten(step.choice().algorithm() + " " + step.choice().tile(), 40),
          layer.nanos().value() / 1e3,
          String.format(
              Locale.ROOT, "[%.1f, %.1f]", layer.nanos().low() / 1e3, layer.nanos().high() / 1e3),
          profile.percentOfTime(layer),
          layer.percentOfBound(),
          layer.boundByMemory() ? "memory" : "FMA",
          layer.gflops(),
          step.choice().nanos() / 1e3,
          step.key());
    }
    line(out, "");
    profile.kinds().forEach((kind, percent) -> line(out, "  %5.1f %%  %s", percent, kind));
    line(
        out,
        "%.3f ms [%.3f, %.3f] a run, %d runs%s; timed step by step %.3f ms, sum of steps %.3f ms",
        profile.millis().value(),
        profile.millis().low(),
        profile.millis().high(),
        profile.runs(),
        profile.settled() ? "" : " (warm-up did not settle)",
        profile.timedMillis().value(),
        profile.stepNanos() / 1e6);
    Roofline roof = profile.roofline();
    line(
        out,
        "%.1f %% of the FMA peak of %.1f GFLOP/s, %.1f %% of the roofline; read: %s; %d thread(s)",
        profile.percentOfPeak(),
        roof.peakGflops(),
        profile.percentOfBound(),
        levels(roof),
        roof.threads());
    line(out, "%s", costModel(profile.costModel()));
    out.flush();
  }

  /** In words. */
  static String costModel(CostModelError error) {
    return String.format(
        Locale.ROOT,
        "cost model: layers take %.2f times the estimate at the median, the sum %.2f times; beyond"
            + " that scale a layer is off by a factor of %.2f; rank correlation %.2f",
        error.scale(),
        error.ratio(),
        error.spread(),
        error.rank());
  }

  /** Rates of reading by size. */
  static String levels(Roofline roof) {
    StringBuilder text = new StringBuilder();
    for (Roofline.Level level : roof.levels()) {
      text.append(text.isEmpty() ? "" : ", ");
      text.append(size(level.bytes()));
      text.append(String.format(Locale.ROOT, " at %.0f GB/s", level.bytesPerNano()));
    }
    return text.toString();
  }

  /** Of a level: a power of two. */
  static String size(long bytes) {
    return bytes < 1 << 20 ? (bytes >> 10) + " KB" : (bytes >> 20) + " MB";
  }

  @SuppressWarnings("AnnotateFormatMethod") // the annotation would be a library to depend on
  private static void line(PrintWriter out, String format, Object... values) {
    out.println(String.format(Locale.ROOT, format, values).stripTrailing());
  }

  /** The end of a name says more than its beginning. */
  private static String shorten(String name, int length) {
    return name.length() <= length ? name : "…" + name.substring(name.length() - length + 1);
  }
}
