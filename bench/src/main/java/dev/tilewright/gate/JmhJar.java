package dev.tilewright.gate;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** What benchmarks a program has, from the list that JMH's annotation processor left in it. */
final class JmhJar {
  private static final String LIST = "META-INF/BenchmarkList";

  private JmhJar() {}

  /** Classes and methods, {@code a.b.C.m}; empty if the program is no JMH jar. */
  static List<String> benchmarks(Side side) throws IOException {
    try (SideLoader loader = new SideLoader(side.classPath(), false);
        InputStream in = loader.getResourceAsStream(LIST)) {
      return in == null
          ? List.of()
          : parse(side.name(), new String(in.readAllBytes(), StandardCharsets.UTF_8));
    }
  }

  /**
   * Each line is words that begin with S, a length and text of that length: the class, the class
   * that JMH generated, the method, and more.
   */
  static List<String> parse(String source, String list) {
    List<String> benchmarks = new ArrayList<>();
    for (String line : list.lines().toList()) {
      if (line.isBlank()) {
        continue;
      }
      List<String> words = new ArrayList<>();
      int at = line.indexOf("S ");
      while (at >= 0 && words.size() < 3) {
        int end = line.indexOf(' ', at + 2);
        int length = end < 0 ? -1 : length(line.substring(at + 2, end));
        if (length < 0 || end + 1 + length > line.length()) {
          break;
        }
        words.add(line.substring(end + 1, end + 1 + length));
        at = line.indexOf("S ", end + 1 + length);
      }
      if (words.size() < 3) {
        throw new IllegalArgumentException(
            source + ": " + LIST + " has a line that JMH does not write");
      }
      String benchmark = words.get(0) + "." + words.get(2);
      if (!benchmarks.contains(benchmark)) { // one line for each mode
        benchmarks.add(benchmark);
      }
    }
    return benchmarks;
  }

  private static int length(String digits) {
    return digits.matches("\\d{1,6}") ? Integer.parseInt(digits) : -1;
  }
}
