package dev.tilewright.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The option {@code --json} of verbs that measure. */
public final class JsonOutput {
  private static final String STANDARD_OUTPUT = "-";

  @Option(
      names = "--json",
      arity = "0..1",
      fallbackValue = STANDARD_OUTPUT,
      paramLabel = "FILE",
      description = "Everything as JSON, into the file, or without one instead of the table")
  private @Nullable String target;

  public boolean isWanted() {
    return target != null;
  }

  /** Whether nothing but JSON is to be printed. */
  public boolean replacesText() {
    return STANDARD_OUTPUT.equals(target);
  }

  /** Where text goes: to {@code out}, or nowhere. */
  public PrintWriter text(PrintWriter out) {
    return replacesText() ? new PrintWriter(PrintWriter.nullWriter()) : out;
  }

  /**
   * Looks before time is spent on what could not be written.
   *
   * @throws NoSuchFileException if the file's folder is not there
   */
  public void requireFolder() throws NoSuchFileException {
    if (target != null && !replacesText()) {
      Path folder = Path.of(target).toAbsolutePath().getParent();
      if (folder != null && !Files.isDirectory(folder)) {
        throw new NoSuchFileException(folder.toString());
      }
    }
  }

  /** Writes the text, if it is wanted. */
  public void write(String json, PrintWriter out) throws IOException {
    if (replacesText()) {
      out.println(json);
      out.flush();
    } else if (target != null) {
      Files.writeString(Path.of(target), json + "\n");
    }
  }
}
