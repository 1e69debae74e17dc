package dev.tilewright.gate;

import com.google.gson.Gson;
import com.google.gson.JsonParseException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Times of past revisions, lines of JSON in the files of a directory. Figures of different machines
 * are never compared.
 */
final class History {
  private static final Gson GSON = new Gson();
  private static final String FILE = "history.jsonl";
  private static final long SEED = 42;

  /**
   * One revision on one machine.
   *
   * @param micros time of each benchmark
   */
  record Entry(String revision, String machine, Map<String, Double> micros) {}

  /**
   * One benchmark over all revisions that have it.
   *
   * @param changes indices of the first revisions after a change
   */
  record Series(
      String benchmark, List<String> revisions, List<Double> micros, List<Integer> changes) {
    /** By how much the i-th change made it slower: medians of what lies between changes. */
    double change(int i) {
      int at = changes.get(i);
      int from = i == 0 ? 0 : changes.get(i - 1);
      int to = i + 1 < changes.size() ? changes.get(i + 1) : micros.size();
      return median(at, to) / median(from, at) - 1;
    }

    double median(int from, int to) {
      return MarkdownReport.median(micros.subList(from, to));
    }
  }

  private History() {}

  /** Adds a line. */
  static void append(Path directory, Entry entry) throws IOException {
    Files.createDirectories(directory);
    Files.writeString(
        directory.resolve(FILE),
        GSON.toJson(entry) + "\n",
        StandardOpenOption.CREATE,
        StandardOpenOption.APPEND);
  }

  /**
   * The lines of a machine, in their order; of files, by name.
   *
   * @throws IllegalArgumentException if a line is not one that {@link #append} writes
   */
  static List<Entry> read(Path directory, String machine) throws IOException {
    List<Path> files;
    try (Stream<Path> list = Files.list(directory)) {
      files = list.filter(f -> f.toString().endsWith(".jsonl")).sorted().toList();
    }
    List<Entry> entries = new ArrayList<>();
    for (Path file : files) {
      int number = 0;
      for (String line : Files.readAllLines(file)) {
        number++;
        Entry entry = parse(file, number, line);
        if (entry.machine().equals(machine)) {
          entries.add(entry);
        }
      }
    }
    return entries;
  }

  private static Entry parse(Path file, int number, String line) {
    Entry entry = null;
    try {
      entry = GSON.fromJson(line, Entry.class);
    } catch (JsonParseException _) {
      // told below, with what is missing
    }
    if (entry == null
        || entry.revision() == null
        || entry.machine() == null
        || entry.micros() == null
        || !entry.micros().values().stream().allMatch(v -> v != null && v > 0)) {
      throw new IllegalArgumentException(
          file + ", line " + number + " is no line of a history of the gate");
    }
    return entry;
  }

  /** All benchmarks, with where they changed (on logarithms: a change is a factor). */
  static List<Series> series(List<Entry> entries) {
    Map<String, List<String>> revisions = new TreeMap<>();
    Map<String, List<Double>> micros = new TreeMap<>();
    for (Entry entry : entries) {
      entry
          .micros()
          .forEach((name, value) -> {
            revisions.computeIfAbsent(name, n -> new ArrayList<>()).add(entry.revision());
            micros.computeIfAbsent(name, n -> new ArrayList<>()).add(value);
          });
    }
    List<Series> series = new ArrayList<>();
    micros.forEach((name, values) -> {
      double[] logs = values.stream().mapToDouble(Math::log).toArray();
      series.add(
          new Series(
              name,
              Objects.requireNonNull(revisions.get(name)),
              values,
              ChangePoints.of(logs, SEED)));
    });
    return series;
  }

  /** What to tell of the changes. */
  static List<Report.Note> notes(List<Series> series) {
    List<Report.Note> notes = new ArrayList<>();
    for (Series one : series) {
      for (int i = 0; i < one.changes().size(); i++) {
        notes.add(
            new Report.Note(
                one.benchmark(),
                Verdict.PASS,
                "changed by "
                    + Words.change(one.change(i))
                    + " at "
                    + one.revisions().get(one.changes().get(i))));
      }
    }
    return notes;
  }
}
