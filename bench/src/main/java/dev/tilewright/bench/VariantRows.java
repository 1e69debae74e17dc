package dev.tilewright.bench;

import dev.tilewright.zoo.Target;
import dev.tilewright.zoo.Zoo;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;

/** The table of {@code bench variants}: each row is there as soon as it is known. */
final class VariantRows {
  private final PrintWriter out;
  private final double peak;
  private final String format;

  /**
   * Prints the titles.
   *
   * @param peak multiplications and additions a second, in 10^9
   */
  VariantRows(List<Zoo.Entry> entries, double peak, PrintWriter out) {
    this.out = out;
    this.peak = peak;
    int longest = entries.stream().mapToInt(entry -> entry.name().length()).max().orElse(0);
    format =
        "%-"
            + Math.max(longest, 5)
            + "s  %-7s  %-9s  %-7s  %-8s  %-7s  %-16s  %-6s  %-12s  %-3s  %-6s  %-7s  %-8s  %-14s "
            + " %s";
    line(
        "block",
        "MACs",
        "us",
        "time",
        "recorded",
        "ORT",
        "[95 %]",
        "copies",
        "asked",
        "met",
        "% peak",
        "dense %",
        "ours/ORT",
        "to ORT's dense",
        "");
  }

  void print(VariantTime time) {
    VariantTime.Peer peer = time.peer();
    boolean copies = time.target().unit() == Target.Unit.COPY;
    line(
        time.name(),
        number("%.3f", time.macs()),
        number("%.1f", time.micros()),
        number("%.3f", time.dense().value()),
        Double.isNaN(time.target().recorded()) ? "-" : number("%.3f", time.target().recorded()),
        peer == null ? "absent" : number("%.3f", peer.dense().value()),
        number("[%.3f, %.3f]", time.dense().low(), time.dense().high()),
        copies ? number("%.2f", time.copy().value()) : "",
        number(copies ? "%.2f copies" : "%.3f", time.asked()),
        time.met() ? "yes" : "NO",
        number("%.0f", 100 * time.gflops() / peak),
        number("%.0f", 100 * time.denseGflops() / peak),
        peer == null ? "absent" : number("%.2f", peer.ours().value()),
        peer == null ? "absent" : number("%.3f", peer.oursToDense().value()),
        (time.settled() ? "" : "warm-up did not settle ")
            + (time.agreement().agrees() ? "" : "DISAGREES by " + time.agreement().error()));
  }

  private void line(Object... cells) {
    out.println(String.format(Locale.ROOT, format, cells).stripTrailing());
    out.flush();
  }

  private static String number(String format, double... values) {
    Object[] boxed = new Object[values.length];
    for (int i = 0; i < values.length; i++) {
      boxed[i] = values[i];
    }
    return String.format(Locale.ROOT, format, boxed);
  }
}
