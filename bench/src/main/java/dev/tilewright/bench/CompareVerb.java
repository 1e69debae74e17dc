package dev.tilewright.bench;

import com.google.gson.GsonBuilder;
import dev.tilewright.Model;
import dev.tilewright.SessionOptions;
import dev.tilewright.backend.Backends;
import dev.tilewright.cli.SessionArguments;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tuning.Turns;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code compare}: this runtime and ONNX Runtime, interleaved in one process. */
@Command(
    name = "compare",
    description = "Times models here and in ONNX Runtime, interleaved, and checks that they agree.")
public final class CompareVerb extends ModelsGiven implements Callable<Integer> {
  private static final int PROFILED_RUNS = 31;

  @Mixin private SessionArguments session = new SessionArguments();

  @Option(names = "--runs", description = "Timed runs of each side; instead of --seconds")
  private int runs;

  @Option(names = "--seconds", description = "Timed seconds a model, both sides (default: 5)")
  private double seconds = 5;

  @Option(names = "--warmup", description = "Most seconds a side warms up (default: 8)")
  private double warmup = 8;

  @Option(names = "--profile", description = "Also time every step of our side")
  private boolean profile;

  @Option(names = "--json", description = "Print everything, all samples included, as JSON")
  private boolean json;

  @CommandLine.Spec private CommandLine.Model.@Nullable CommandSpec spec;

  private record Report(Environment environment, List<Comparison> comparisons) {}

  /** The exit code: 1 if any model's outputs disagree. */
  @Override
  public Integer call() throws IOException {
    PrintWriter out = out();
    Environment environment = Environment.here();
    List<Comparison> comparisons = new ArrayList<>();
    if (!json) {
      environment.print(out);
      out.println(Comparison.header());
    }
    for (ModelSource model : sources()) {
      Map<String, Tensor> inputs = inputs(model);
      SessionOptions options = session.options(model.file());
      Comparison comparison =
          Comparison.of(model, inputs, options, new Turns.Limits(runs, seconds, warmup));
      comparisons.add(comparison);
      if (!json) {
        out.println(comparison.line());
        out.flush();
      }
      if (profile) {
        profile(model, inputs, options, out);
      }
    }
    if (json) {
      out.println(
          new GsonBuilder()
              .setPrettyPrinting()
              .serializeSpecialFloatingPointValues()
              .create()
              .toJson(new Report(environment, comparisons)));
    }
    out.flush();
    return comparisons.stream().allMatch(c -> c.agreement().agrees()) ? 0 : 1;
  }

  private static void profile(
      ModelSource source, Map<String, Tensor> inputs, SessionOptions options, PrintWriter out) {
    try (Model model = Model.of(source.bytes())) {
      RunnersUp estimates = new RunnersUp(List.of(), Backends.load().machine(), options);
      ProfileText.print(
          Profile.of(source.name(), model, inputs, options, PROFILED_RUNS, estimates), out);
    }
  }

  private PrintWriter out() {
    return spec == null
        ? new PrintWriter(System.out, true, System.out.charset())
        : spec.commandLine().getOut();
  }
}
