package dev.tilewright.cli;

import dev.tilewright.database.Entry;
import dev.tilewright.database.Machine;
import dev.tilewright.database.TuningFile;
import dev.tilewright.database.TuningTable;
import dev.tilewright.database.UserCache;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Where the command line finds measurements: the user's file, then what is shipped with the
 * program, then {@code MODEL.tuning} beside the model.
 */
final class TuningSources {
  /** Instead of a file: estimates only. */
  static final String NONE = "none";

  /** Names the user's file, or none of all. */
  static final String VARIABLE = "TILEWRIGHT_DB";

  private static final String SHIPPED = "shipped.tuning";

  private final PrintWriter err;
  private final List<List<Entry>> sources = new ArrayList<>();

  private TuningSources(PrintWriter err) {
    this.err = err;
  }

  /**
   * The user's file, or null if there is to be none.
   *
   * @param db what the user asked for: a file, {@code none}, or null for the usual place
   * @param environment of the process
   */
  static @Nullable Path userFile(@Nullable String db, Map<String, String> environment) {
    String named = db == null ? environment.getOrDefault(VARIABLE, "") : db;
    if (named.equals(NONE)) {
      return null;
    }
    if (!named.isEmpty()) {
      return Path.of(named);
    }
    return UserCache.folder(environment).resolve("tuning.txt");
  }

  /**
   * All that is known for a machine.
   *
   * @param db as for {@link #userFile}
   * @param model whose sidecar counts, or null
   * @param err is told what was ignored
   * @throws IOException if a file that the user named cannot be read
   */
  static TuningTable read(
      @Nullable String db, @Nullable Path model, Machine machine, PrintWriter err)
      throws IOException {
    Path user = userFile(db, System.getenv());
    if (user == null) {
      return TuningTable.empty();
    }
    if (db != null && !Files.exists(user)) {
      throw new NoSuchFileException(db);
    }
    TuningSources found = new TuningSources(err);
    found.add(user, db != null);
    try (InputStream shipped = TuningSources.class.getResourceAsStream(SHIPPED)) {
      if (shipped != null) {
        found.add(SHIPPED, TuningFile.parse(shipped.readAllBytes()));
      }
    }
    if (model != null) {
      found.add(model.resolveSibling(model.getFileName() + ".tuning"), false);
    }
    return TuningTable.of(found.sources, machine);
  }

  private void add(Path file, boolean required) throws IOException {
    try {
      add(file.toString(), TuningFile.at(file).read());
    } catch (IOException e) {
      if (required) {
        throw e;
      }
      err.println("tilewright: measurements are not used, " + Failures.line(e));
    }
  }

  private void add(String name, TuningFile.Contents contents) {
    sources.add(contents.entries());
    if (!contents.ignored().isEmpty()) {
      err.println("tilewright: " + name + ": ignored lines: " + ignored(contents));
    }
  }

  /** How many lines of which kind were not used. */
  static String ignored(TuningFile.Contents contents) {
    return contents.ignored().entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .map(e -> e.getValue() + " " + e.getKey())
        .collect(Collectors.joining(", "));
  }
}
