package dev.tilewright.gate;

import dev.tilewright.bench.BusyCore;
import dev.tilewright.cli.BadInputException;
import dev.tilewright.cli.Console;
import dev.tilewright.cli.Verb;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gate self-test}: how often the gate is wrong on this machine. */
@Command(
    name = "self-test",
    description = "Runs the gate on a program against itself, where the right answer is known.",
    sortOptions = false,
    footer = {
      "",
      "Runs are lines of the --json file; --resume continues it, --trials 0 prints its table."
    })
public final class SelfTestVerb implements Verb, Callable<Integer> {
  /** What is put in for the gate to find. */
  enum Kind {
    AA,
    POWER,
    CHOICE;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @Parameters(
      paramLabel = "aa|power|choice",
      description = {
        "aa: nothing, so every alarm is false; power: real work (multiply-adds, no sleeping);",
        "choice: wrong measurements, so that the planner chooses slow kernels"
      })
  private Kind kind = Kind.AA;

  @Option(
      names = "--trials",
      description = "Runs of aa; measurements of each size of power; in all (default: 10)")
  private int trials = 10;

  @Option(names = "--busy", description = "Keep one core busy meanwhile")
  private boolean busy;

  @Option(
      names = "--load",
      paramLabel = "WORD",
      description = "What else the machine does, for the table (default: idle, or busy)")
  private String load = "";

  @Option(
      names = "--percent",
      split = ",",
      description = "Sizes of the work of power (default: 3,5,10)")
  private List<Double> percent = List.of(3.0, 5.0, 10.0);

  @Option(
      names = "--benchmarks",
      paramLabel = "REGEX",
      description = "Only benchmarks with this in their name")
  private Pattern benchmarks = Pattern.compile("");

  @Option(
      names = "--candidate",
      paramLabel = "JAR|DIR|REV",
      description = "The program (default: the checkout in this directory)")
  private String candidate = ".";

  @Option(
      names = "--budget",
      paramLabel = "5m",
      description = "When to stop, for now (default: 5m)")
  private String budget = "5m";

  @Option(names = "--forks", description = "As of gate (default: 9)")
  private int forks = DuetGate.Options.standard().forks();

  @Option(
      names = "--json",
      required = true,
      paramLabel = "FILE",
      description = "Where runs are kept, one a line")
  private Path json = Path.of("");

  @Option(names = "--resume", description = "Continue the file")
  private boolean resume;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    boolean onlyPrint = trials == 0;
    if (Files.exists(json) && !resume && !onlyPrint) {
      throw new BadInputException(json + " exists: --resume continues it");
    }
    Process core = busy && !onlyPrint ? BusyCore.start() : null;
    try {
      if (kind == Kind.CHOICE) {
        ChoiceTrials.run(json, benchmarks, trials, Durations.nanos(budget), Console.out(spec));
      } else {
        duets();
      }
    } finally {
      if (core != null) {
        core.destroyForcibly();
      }
    }
    return 0;
  }

  private void duets() throws IOException {
    SelfTest test = new SelfTest(json);
    if (trials > 0) {
      Side side = Side.resolve(candidate);
      try (Scratch scratch = new Scratch()) {
        List<ForkJob.Task> tasks = Tasks.of(side, side, benchmarks, scratch.directory()).common();
        if (tasks.isEmpty()) {
          throw new BadInputException("no benchmark is called anything like " + benchmarks);
        }
        List<Double> works =
            kind == Kind.AA ? List.of(0.0) : percent.stream().map(p -> p / 100).toList();
        int runs = kind == Kind.AA ? trials : Math.ceilDiv(trials * works.size(), tasks.size());
        test.run(
            kind.toString(),
            load.isEmpty() ? (busy ? "busy" : "idle") : load,
            side,
            tasks,
            DuetGate.Options.standard().within(forks, Durations.nanos(budget)),
            works,
            runs,
            text -> Console.progress(spec, text));
      }
      Console.progress(spec, "");
    }
    SelfTestTable.print(test.runs(), Console.out(spec));
  }
}
