package dev.tilewright.gate;

import dev.tilewright.SessionOptions;
import dev.tilewright.cli.BadInputException;
import dev.tilewright.cli.Console;
import dev.tilewright.cli.SessionArguments;
import dev.tilewright.cli.Verb;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code gate choice}: whether the planner chooses the fastest kernels. */
@Command(
    name = "choice",
    description =
        "Times every kernel of typical layers on one thread: the one that is chosen must not lag"
            + " the fastest by more than 5 %%.")
public final class ChoiceVerb implements Verb, Callable<Integer> {
  @Mixin private SessionArguments session = new SessionArguments();

  @Option(
      names = "--benchmarks",
      paramLabel = "REGEX",
      description = "Only layers with this in their name")
  private Pattern benchmarks = Pattern.compile("");

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    SessionOptions options = session.options(null);
    List<Report.Note> notes = new ArrayList<>();
    for (LayerModel layer : LayerModel.STANDARD) {
      if (benchmarks.matcher(layer.name()).find()) {
        notes.add(Choice.of(layer, options).note());
      }
    }
    if (notes.isEmpty()) {
      throw new BadInputException("no layer is called anything like " + benchmarks);
    }
    Report report = Report.of("choices of the planner", List.of(), notes);
    TextReport.print(report, Console.out(spec));
    return report.verdict().exitCode();
  }
}
