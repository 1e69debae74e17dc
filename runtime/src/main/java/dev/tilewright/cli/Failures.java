package dev.tilewright.cli;

import dev.tilewright.graph.ShapeException;
import dev.tilewright.onnx.ModelFormatException;
import dev.tilewright.onnx.UnsupportedModelException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/** What the user sees of an exception: one line and an exit code. */
record Failures(PrintWriter err, boolean stacktrace) {
  static final int BAD_INPUT = 2;

  /** EX_SOFTWARE of BSD's sysexits.h. */
  static final int BUG = 70;

  int report(Throwable problem) {
    int code =
        switch (problem) {
          case UnsupportedModelException unsupported -> {
            err.println("tilewright: the model needs what is not supported:");
            unsupported.missing().forEach(missing -> err.println("  " + missing));
            yield BAD_INPUT;
          }
          case NoSuchFileException missing -> badInput("no such file: " + missing.getFile());
          case AccessDeniedException denied -> badInput("may not access " + denied.getFile());
          case FileSystemException file -> badInput(line(file));
          case IOException io -> badInput("input or output failed: " + line(io));
          case BadInputException bad -> badInput(line(bad));
          case ModelFormatException format -> badInput("not a usable model: " + line(format));
          case ShapeException shape ->
              badInput("the shapes do not fit the model: " + line(shape) + " (see --shape)");
          // The library's promise: an argument it refuses is the caller's, here the user's.
          case IllegalArgumentException argument -> badInput(line(argument));
          case OutOfMemoryError memory -> {
            err.println(
                "tilewright: not enough memory ("
                    + line(memory)
                    + "); try TILEWRIGHT_JAVA_OPTS=-Xmx4g");
            yield BUG;
          }
          default -> {
            err.println(
                "tilewright: internal error, please report it with what --stacktrace prints: "
                    + problem.getClass().getSimpleName()
                    + ": "
                    + line(problem));
            yield BUG;
          }
        };
    if (stacktrace) {
      problem.printStackTrace(err);
    }
    return code;
  }

  int badInput(String message) {
    err.println("tilewright: " + message);
    return BAD_INPUT;
  }

  /** The message on one line, without control characters: names in it come from untrusted files. */
  static String line(Throwable problem) {
    String message = problem.getMessage();
    if (message == null) {
      return problem.getClass().getSimpleName();
    }
    String line = message.strip().replaceAll("\\s*\\R\\s*", " ").replaceAll("\\p{Cntrl}", "?");
    return line.length() <= 500 ? line : line.substring(0, 500) + "...";
  }
}
