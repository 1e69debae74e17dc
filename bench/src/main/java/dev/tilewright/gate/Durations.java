package dev.tilewright.gate;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Lengths of time as people write them. */
final class Durations {
  private static final Pattern TEXT = Pattern.compile("(\\d{1,6})(s|m|h)?");

  private Durations() {}

  /** Nanoseconds of 90, 90s, 5m or 1h. */
  static long nanos(String text) {
    Matcher matcher = TEXT.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException("'" + text + "' is no length of time such as 90s or 5m");
    }
    long seconds = Long.parseLong(matcher.group(1));
    String unit = matcher.group(2);
    return 1_000_000_000L
        * seconds
        * (unit == null || unit.equals("s") ? 1 : unit.equals("m") ? 60 : 3600);
  }
}
