package dev.tilewright.gate;

import com.google.gson.Gson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * A file of results, one a line, added as they come; a line torn by an interruption is left out.
 */
record JsonLines<T>(Path file, Class<T> type) {
  private static final Gson GSON = new Gson();

  List<T> read() throws IOException {
    List<T> results = new ArrayList<>();
    if (Files.exists(file)) {
      for (String line : Files.readAllLines(file)) {
        if (line.startsWith("{") && line.endsWith("}")) {
          results.add(GSON.fromJson(line, type));
        }
      }
    }
    return results;
  }

  void append(T result) throws IOException {
    boolean torn = Files.exists(file) && !Files.readString(file).matches("(?s)|.*\n");
    Files.writeString(
        file,
        (torn ? "\n" : "") + GSON.toJson(result) + "\n",
        StandardOpenOption.CREATE,
        StandardOpenOption.APPEND);
  }
}
