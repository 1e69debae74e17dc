package dev.tilewright.cli;

import dev.tilewright.SessionOptions;
import java.util.List;
import picocli.CommandLine.Option;

/** Options of the verbs that make a plan. */
public final class SessionArguments {
  private static final List<String> BACKENDS = List.of("auto", "vector", "native", "reference");

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads to run on. Default: one per usable processor.")
  private int threads = SessionOptions.defaults().threads();

  @Option(
      names = "--backend",
      paramLabel = "NAME",
      defaultValue = "auto",
      description =
          "auto (whatever is fastest), vector (Java SIMD), native (C) or reference (slow, exact)."
              + " Default: ${DEFAULT-VALUE}.")
  private String backend = "auto";

  /**
   * The options as the session takes them.
   *
   * @throws BadInputException if there is no such backend or thread count
   */
  public SessionOptions options() {
    if (!BACKENDS.contains(backend)) {
      throw new BadInputException(
          "no backend '" + backend + "', use one of " + String.join(", ", BACKENDS));
    }
    return SessionOptions.defaults().threads(threads).backend(backend);
  }
}
