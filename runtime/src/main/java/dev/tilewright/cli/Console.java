package dev.tilewright.cli;

import java.io.PrintWriter;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;

/** Where a verb prints. */
public final class Console {
  private Console() {}

  /**
   * The output of the command line that runs this verb.
   *
   * @param spec the verb's {@code @Spec} field, which picocli sets before it calls the verb
   */
  @SuppressWarnings("exports") // picocli is optional for users of the library
  public static PrintWriter out(@Nullable CommandSpec spec) {
    return Objects.requireNonNull(spec, "set by picocli").commandLine().getOut();
  }

  /** Where the command line of this verb prints what is not its result. */
  @SuppressWarnings("exports")
  public static PrintWriter err(@Nullable CommandSpec spec) {
    return Objects.requireNonNull(spec, "set by picocli").commandLine().getErr();
  }

  /** Whether somebody watches. */
  @SuppressWarnings("SystemConsoleNull") // it is null again from JDK 25 on
  public static boolean isTerminal() {
    return System.console() != null && System.console().isTerminal();
  }

  /** On a terminal, writes this over the line before; elsewhere nothing. */
  @SuppressWarnings("exports")
  public static void progress(@Nullable CommandSpec spec, String text) {
    if (isTerminal()) {
      PrintWriter err = err(spec);
      err.print("\r\033[K" + text);
      err.flush();
    }
  }
}
