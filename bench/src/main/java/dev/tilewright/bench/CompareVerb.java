package dev.tilewright.bench;

import com.google.gson.GsonBuilder;
import dev.tilewright.Model;
import dev.tilewright.SessionOptions;
import dev.tilewright.backend.Backends;
import dev.tilewright.cli.SessionArguments;
import dev.tilewright.cli.Verb;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tuning.Turns;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code compare}: this runtime and ONNX Runtime, interleaved in one process. */
@Command(
    name = "compare",
    description = "Times models here and in ONNX Runtime, interleaved, and checks that they agree.")
public final class CompareVerb implements Verb, Callable<Integer> {
  private static final int PROFILED_RUNS = 31;

  @Parameters(
      arity = "1..*",
      paramLabel = "MODEL",
      description = "ONNX files, or ppocr-det, ppocr-rec, ppocr-cls")
  private List<String> models = new ArrayList<>();

  @Mixin private SessionArguments session = new SessionArguments();

  @Option(names = "--runs", description = "Timed runs of each side; instead of --seconds")
  private int runs;

  @Option(names = "--seconds", description = "Timed seconds a model, both sides (default: 5)")
  private double seconds = 5;

  @Option(names = "--warmup", description = "Most seconds a side warms up (default: 8)")
  private double warmup = 8;

  @Option(names = "--shape", paramLabel = "NAME=1x3x224x224", description = "Shape of an input")
  private Map<String, String> shapes = new LinkedHashMap<>();

  @Option(names = "--input", paramLabel = "NAME=FILE", description = "Raw values of an input")
  private Map<String, Path> files = new LinkedHashMap<>();

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
      out.println(environment.cpu() + ", " + environment.processors() + " processors");
      out.println(environment.jdk() + ", revision " + environment.revision());
      out.println(Comparison.header());
    }
    for (String name : models) {
      ModelSource model = ModelSource.of(name);
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

  private Map<String, Tensor> inputs(ModelSource source) throws IOException {
    Map<String, Shape> asked = new LinkedHashMap<>();
    shapes.forEach((name, text) -> asked.put(name, shape(text)));
    try (Model model = Model.of(source.bytes())) {
      return Inputs.of(model.inputs(), asked, source.shapes(), files);
    }
  }

  private static Shape shape(String text) {
    try {
      return new Shape(Arrays.stream(text.split("x", -1)).map(Integer::valueOf).toList());
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("'" + text + "' is not a shape such as 1x3x224x224", e);
    }
  }

  private PrintWriter out() {
    return spec == null
        ? new PrintWriter(System.out, true, System.out.charset())
        : spec.commandLine().getOut();
  }
}
