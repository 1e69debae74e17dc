package dev.tilewright.gate;

import java.util.Locale;

/** Figures as people read them. */
final class Words {
  private Words() {}

  /** +1.2 %, or how many times as much where a percentage says little. */
  static String change(double change) {
    if (change == Double.POSITIVE_INFINITY) {
      return "unbounded";
    }
    return change >= 2
        ? String.format(Locale.ROOT, "%.1fx", 1 + change)
        : String.format(Locale.ROOT, "%+.1f %%", 100 * change);
  }

  static String time(double value, String unit) {
    return String.format(Locale.ROOT, "%.4g %s", value, unit);
  }

  static String probability(double p) {
    return p >= 1 ? "1" : p < 1e-4 ? "< 0.0001" : String.format(Locale.ROOT, "%.4f", p);
  }

  /** Text of other people's files, safe on a terminal. */
  static String plain(String text) {
    return text.replaceAll("\\p{Cntrl}", "?");
  }
}
