package dev.tilewright.tuning;

import java.io.PrintWriter;
import java.util.Locale;

/** How far a tuning is, on one line of a terminal that is written over again and again. */
final class ProgressLine {
  private static final int WIDTH = 24;
  private static final String ERASE = "\r\033[K";

  private final PrintWriter out;
  private final String name;
  private final boolean shown;

  @SuppressWarnings("SystemConsoleNull") // it is null again from JDK 25 on
  ProgressLine(PrintWriter out, String name) {
    this.out = out;
    this.name = name;
    this.shown = System.console() != null && System.console().isTerminal();
  }

  /** As {@link ModelTuner.Progress#at}. */
  void at(int done, int layers, double secondsLeft, double nanosGained) {
    if (shown) {
      out.print(ERASE + text(name, done, layers, secondsLeft, nanosGained));
      out.flush();
    }
  }

  static String text(String name, int done, int layers, double secondsLeft, double nanosGained) {
    int full = layers == 0 ? WIDTH : WIDTH * done / layers;
    return String.format(
        Locale.ROOT,
        "%s [%s%s] %d of %d, %.0f s left, %.1f us gained%s",
        name,
        "#".repeat(full),
        "-".repeat(WIDTH - full),
        done,
        layers,
        secondsLeft,
        nanosGained / 1e3,
        done == layers ? ", comparing the whole model" : "");
  }

  void end() {
    if (shown) {
      out.print(ERASE);
      out.flush();
    }
  }
}
