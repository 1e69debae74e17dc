package dev.tilewright.cli;

import dev.tilewright.backend.Backends;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Properties;
import java.util.ServiceLoader;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** The command line: finds the verbs, runs one, turns what goes wrong into a line and a code. */
@Command(
    name = "tilewright",
    mixinStandardHelpOptions = true,
    scope = ScopeType.INHERIT,
    versionProvider = Main.Version.class,
    synopsisSubcommandLabel = "VERB",
    description = "Runs convolutional networks (ONNX files) on the CPU.",
    footer = {
      "",
      "Start here:",
      "  tilewright demo                                read the text in a picture",
      "  tilewright inspect model.onnx                  what is in a model, can it run",
      "  tilewright run model.onnx --image cat.jpg      run it on a picture",
      "  tilewright VERB --help                         all options of a verb, with examples",
      "",
      "Exit codes: 0 done, 2 bad input, 3 no JDK or Maven, 4 build failed, 70 a bug in Tilewright."
    })
public final class Main {
  /** Verbs in the order in which a newcomer meets them; others follow by name. */
  private static final List<String> ORDER =
      List.of("demo", "inspect", "run", "explain", "tune", "db", "optimize");

  @Option(
      names = "--stacktrace",
      scope = ScopeType.INHERIT,
      description = "On an error, also print where in the program it happened.")
  private boolean stacktrace;

  private static final String LOG_FORMAT = "java.util.logging.SimpleFormatter.format";

  private Main() {}

  public static void main(String[] args) {
    // What the library logs looks like what the command line says, unless the user wants otherwise.
    if (System.getProperty(LOG_FORMAT) == null) {
      System.setProperty(LOG_FORMAT, "tilewright: %5$s%n");
    }
    PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
    int code = execute(args, out, err);
    out.flush();
    err.flush();
    System.exit(code);
  }

  /**
   * Runs one command line.
   *
   * @param out for results
   * @param err for what went wrong
   * @return the exit code of the process
   */
  public static int execute(String[] args, PrintWriter out, PrintWriter err) {
    Main main = new Main();
    CommandLine line = new CommandLine(main);
    List<Verb> verbs = verbs(args);
    if (verbs.size() == 1 && verbs.getFirst().runsAModel()) {
      Backends.loadSoon();
    }
    verbs.stream()
        .map(CommandLine::new)
        .sorted(Comparator.comparingInt(Main::rank).thenComparing(CommandLine::getCommandName))
        .forEach(verb -> line.addSubcommand(verb.getCommandName(), verb));
    line.setOut(out);
    line.setErr(err);
    line.setUsageHelpWidth(100);
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setParameterExceptionHandler((problem, rest) -> {
      // A flag parsed before the mistake is set; one after it is not, so look for both.
      boolean trace = main.stacktrace || List.of(args).contains("--stacktrace");
      String help = problem.getCommandLine().getCommandSpec().qualifiedName() + " --help";
      return new Failures(err, trace).badInput(Failures.line(problem) + " (see " + help + ")");
    });
    line.setExecutionExceptionHandler(
        (problem, verb, rest) -> new Failures(err, main.stacktrace).report(problem));
    if (args.length == 0) {
      line.usage(out);
      return 0;
    }
    try {
      return line.execute(args);
    } catch (OutOfMemoryError | StackOverflowError e) {
      return new Failures(err, main.stacktrace).report(e);
    }
  }

  /**
   * The verb that the arguments begin with; all if they begin with none. Picocli describes every
   * verb it is given, with all options: some 300 ms of a start for all of them.
   */
  private static List<Verb> verbs(String[] args) {
    List<ServiceLoader.Provider<Verb>> all = ServiceLoader.load(Verb.class).stream().toList();
    List<ServiceLoader.Provider<Verb>> named =
        all.stream().filter(verb -> args.length > 0 && name(verb.type()).equals(args[0])).toList();
    return (named.isEmpty() ? all : named).stream().map(ServiceLoader.Provider::get).toList();
  }

  private static String name(Class<? extends Verb> verb) {
    Command command = verb.getAnnotation(Command.class);
    return command == null ? "" : command.name();
  }

  private static int rank(CommandLine verb) {
    int place = ORDER.indexOf(verb.getCommandName());
    return place < 0 ? ORDER.size() : place;
  }

  /** What {@code --version} prints. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() throws IOException {
      Properties properties = new Properties();
      try (InputStream in = Main.class.getResourceAsStream("version.properties")) {
        properties.load(Objects.requireNonNull(in, "version.properties"));
      }
      return new String[] {
        "tilewright "
            + properties.getProperty("version")
            + " (Java "
            + Runtime.version()
            + ", "
            + System.getProperty("os.name")
            + " "
            + System.getProperty("os.arch")
            + ")"
      };
    }
  }
}
