package dev.tilewright;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;

/**
 * What is known not to agree, and why: a list that must be neither too short nor too long.
 *
 * <p>A line is a case or {@code operator NAME}, a tab, the reason. A case excuses whatever becomes
 * of it; an operator excuses that models which use it are refused, not that they are wrong.
 */
final class Expectations {
  private final Map<String, String> reasons = new LinkedHashMap<>();

  private Expectations() {}

  static Expectations of(String resource) throws IOException {
    Expectations list = new Expectations();
    try (InputStream in = Expectations.class.getResourceAsStream(resource)) {
      String text = new String(Objects.requireNonNull(in, resource).readAllBytes(), UTF_8);
      for (String line : text.lines().filter(l -> !l.isBlank() && !l.startsWith("#")).toList()) {
        String[] columns = line.split("\t", -1);
        if (columns.length != 2 || columns[1].isBlank()) {
          throw new IOException(resource + ": not a case, a tab and a reason: " + line);
        }
        if (list.reasons.put(columns[0], columns[1]) != null) {
          throw new IOException(resource + ": twice: " + columns[0]);
        }
      }
    }
    return list;
  }

  /** Why the case does not agree, or null if nobody knows. */
  @org.jspecify.annotations.Nullable
  String reason(Outcome outcome) {
    String own = reasons.get(outcome.name());
    if (own != null || !(outcome.verdict() instanceof Verdict.Refused)) {
      return own;
    }
    return outcome.operators().stream()
        .map(op -> reasons.get("operator " + op))
        .filter(Objects::nonNull)
        .findFirst()
        .orElse(null);
  }

  /** What contradicts the list: cases that should agree and do not, and lines that excuse none. */
  List<String> contradictions(List<Outcome> outcomes) {
    List<String> contradictions = new ArrayList<>();
    TreeSet<String> idle = new TreeSet<>(reasons.keySet());
    for (Outcome outcome : outcomes) {
      if (outcome.verdict() instanceof Verdict.Agrees) {
        continue;
      }
      if (reason(outcome) == null) {
        contradictions.add(outcome.name() + ": " + outcome.verdict());
      }
      idle.remove(outcome.name());
      if (outcome.verdict() instanceof Verdict.Refused) {
        outcome.operators().forEach(op -> idle.remove("operator " + op));
      }
    }
    idle.forEach(line -> contradictions.add("nothing needs the line '" + line + "' any more"));
    return contradictions;
  }
}
