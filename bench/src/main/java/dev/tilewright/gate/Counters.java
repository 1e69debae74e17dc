package dev.tilewright.gate;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * What can be counted instead of timed, the same in every run: any change is told, and growth of
 * what a run takes is a regression however small.
 */
final class Counters {
  /** Code grows with what it can do; by more than this a library has swallowed something. */
  private static final double MOST_GROWTH_OF_FILES = 0.10;

  static final String ALLOCATED = "Java bytes allocated per run";
  static final String NATIVE_CALLS = "native calls per run";
  private static final int FORKS_TO_AGREE = 5;

  private Counters() {}

  /** What differs between the two sides, from all forks. */
  static List<Report.Note> changes(Map<String, List<ForkJob.Result>> results) {
    Map<String, List<String>> told = new LinkedHashMap<>(); // change, and who shows it
    List<Report.Note> notes = new ArrayList<>();
    results.forEach((benchmark, forks) -> {
      Map<String, Long> before = least(forks, true);
      Map<String, Long> after = least(forks, false);
      after.forEach((name, now) -> {
        Long old = before.get(name);
        if (old != null && !old.equals(now)) {
          notes.add(
              new Report.Note(
                  benchmark,
                  now > old ? growth(name, forks.size()) : Verdict.PASS,
                  name + " went from " + old + " to " + now));
        }
      });
      ForkJob.Result one = forks.getFirst();
      one.candidateFacts()
          .forEach((name, now) -> {
            String old = one.baselineFacts().get(name);
            if (!isNumber(now) && old != null && !old.equals(now)) {
              told.computeIfAbsent("another digest of its " + name, k -> new ArrayList<>())
                  .add(benchmark);
            }
          });
    });
    told.forEach(
        (change, who) -> notes.add(new Report.Note(String.join(", ", who), Verdict.PASS, change)));
    return notes;
  }

  /** What a run allocates depends on how far the JIT has come: a few forks must agree. */
  private static Verdict growth(String name, int forks) {
    return name.equals(ALLOCATED) && forks < FORKS_TO_AGREE
        ? Verdict.INCONCLUSIVE
        : Verdict.REGRESSION;
  }

  /** The least that any fork counted: while the JIT still compiles, a run may allocate. */
  private static Map<String, Long> least(List<ForkJob.Result> forks, boolean baseline) {
    Map<String, Long> least = new TreeMap<>();
    for (ForkJob.Result fork : forks) {
      Map<String, String> facts = baseline ? fork.baselineFacts() : fork.candidateFacts();
      facts.forEach((name, value) -> {
        if (isNumber(value)) {
          least.merge(name, Long.valueOf(value), Math::min);
        }
      });
    }
    return least;
  }

  private static boolean isNumber(String value) {
    return value.matches("\\d{1,18}");
  }

  /** How the files of two programs differ in size; what only one of them has is not compared. */
  static List<Report.Note> sizes(Side before, Side after) throws IOException {
    List<Report.Note> notes = new ArrayList<>();
    Map<String, Long> old = sizes(before);
    sizes(after)
        .forEach((kind, now) -> {
          Long was = old.get(kind);
          if (was != null && !was.equals(now)) {
            double growth = (double) now / was - 1;
            notes.add(
                new Report.Note(
                    kind,
                    growth > MOST_GROWTH_OF_FILES ? Verdict.REGRESSION : Verdict.PASS,
                    String.format(
                        Locale.ROOT,
                        "went from %d to %d bytes (%+.2f %%)",
                        was,
                        now,
                        100 * growth)));
          }
        });
    return notes;
  }

  private static Map<String, Long> sizes(Side side) throws IOException {
    Map<String, Long> sizes = new TreeMap<>();
    for (Path entry : side.classPath()) {
      if (entry.toString().endsWith(".jar")) {
        sizes.merge("jars", Files.size(entry), Long::sum);
      } else if (Files.isDirectory(entry)) {
        List<Path> files;
        try (Stream<Path> walk = Files.walk(entry)) {
          files = walk.filter(Files::isRegularFile).toList();
        }
        for (Path file : files) {
          String name = file.getFileName().toString();
          String kind =
              name.endsWith(".so")
                  ? entry.relativize(file).toString() // one for each platform that was built for
                  : name.endsWith(".class") ? "classes" : "other";
          sizes.merge(kind, Files.size(file), Long::sum);
        }
      }
    }
    return sizes;
  }
}
