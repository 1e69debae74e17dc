package dev.tilewright;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Outcomes counted by group and by operator, then each that does not agree, with the reason. */
final class OutcomeReport {
  private static final Path FOLDER = Path.of("target");

  private final List<String> lines = new ArrayList<>();

  /** A line a group: agreed of all, and what became of the rest. */
  OutcomeReport groups(String title, List<Outcome> outcomes) {
    lines.add(title);
    table("group", outcomes, Outcome::group);
    return this;
  }

  OutcomeReport operators(String title, List<Outcome> outcomes) {
    lines.add(title);
    table("operator", outcomes, Outcome::subject);
    return this;
  }

  OutcomeReport rest(Expectations known, List<Outcome> outcomes) {
    for (Outcome outcome : outcomes) {
      String what =
          switch (outcome.verdict()) {
            case Verdict.Agrees a -> "";
            case Verdict.Refused(String why) -> "refused: " + why;
            case Verdict.Wrong(String text) -> "WRONG: " + text;
          };
      if (!what.isEmpty()) {
        String reason = known.reason(outcome);
        lines.add(
            outcome.name() + "\n    " + what + "\n    " + (reason == null ? "UNKNOWN" : reason));
      }
    }
    return this;
  }

  void print() {
    lines.forEach(System.out::println);
  }

  /** Under target, beside the reports of the build. */
  void write(String file) throws IOException {
    Files.createDirectories(FOLDER);
    Files.write(FOLDER.resolve(file), lines);
  }

  private void table(String of, List<Outcome> outcomes, Function<Outcome, String> key) {
    Map<String, List<Outcome>> sorted =
        outcomes.stream().collect(Collectors.groupingBy(key, TreeMap::new, Collectors.toList()));
    lines.add(row(of, "agree", "refused", "wrong"));
    sorted.forEach((name, all) -> lines.add(row(name, all)));
    lines.add(row("all", outcomes));
  }

  private static String row(String name, List<Outcome> all) {
    long agree = count(all, Verdict.Agrees.class);
    return row(
        name,
        agree + "/" + all.size(),
        String.valueOf(count(all, Verdict.Refused.class)),
        String.valueOf(count(all, Verdict.Wrong.class)));
  }

  private static String row(String name, String agree, String refused, String wrong) {
    return String.format(Locale.ROOT, "  %-28s %9s %8s %6s", name, agree, refused, wrong);
  }

  private static long count(List<Outcome> all, Class<? extends Verdict> kind) {
    return all.stream().filter(o -> kind.isInstance(o.verdict())).count();
  }
}
