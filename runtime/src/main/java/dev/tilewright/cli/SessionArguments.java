package dev.tilewright.cli;

import dev.tilewright.SessionOptions;
import dev.tilewright.backend.Backends;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Options of the verbs that make a plan. */
public final class SessionArguments {
  private static final List<String> BACKENDS = List.of("auto", "vector", "native", "reference");

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads to run on. Default: ${DEFAULT-VALUE}.")
  private int threads = SessionOptions.defaults().threads();

  @Option(
      names = "--backend",
      paramLabel = "NAME",
      defaultValue = "auto",
      description =
          "auto (whatever is fastest), vector (Java SIMD), native (C) or reference (slow, exact)."
              + " Default: ${DEFAULT-VALUE}.")
  private String backend = "auto";

  @Option(
      names = "--db",
      paramLabel = "FILE",
      description = {
        "Measurements to choose kernels by, made by the verb tune; none to go by estimates.",
        "Default: $$TILEWRIGHT_DB, else tilewright/tuning.txt in $$XDG_CACHE_HOME or ~/.cache."
      })
  private @Nullable String db;

  @Spec(Spec.Target.MIXEE)
  private @Nullable CommandSpec spec;

  /** For a verb that uses so many threads unless it is told otherwise. */
  public static SessionArguments onThreads(int threads) {
    SessionArguments arguments = new SessionArguments();
    arguments.threads = threads;
    return arguments;
  }

  /**
   * The options as the session takes them, with what was measured on this machine.
   *
   * @param model that will run: a file of its name with {@code .tuning} counts too; or null
   * @throws BadInputException if there is no such backend or thread count
   * @throws IOException if the measurements that the user named cannot be read
   */
  public SessionOptions options(@Nullable Path model) throws IOException {
    SessionOptions options = estimates();
    return options.tuning(
        TuningSources.read(db, model, Backends.load().machine(), Console.err(spec)));
  }

  /**
   * The options without measurements.
   *
   * @throws BadInputException if there is no such backend or thread count
   */
  public SessionOptions estimates() {
    if (!BACKENDS.contains(backend)) {
      throw new BadInputException(
          "no backend '" + backend + "', use one of " + String.join(", ", BACKENDS));
    }
    return SessionOptions.defaults().threads(threads).backend(backend);
  }

  /** The user's file of measurements, which need not exist; null if none is to be used. */
  public @Nullable Path database() {
    return TuningSources.userFile(db, System.getenv());
  }
}
