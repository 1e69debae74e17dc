package dev.tilewright.bench;

import dev.tilewright.SessionOptions;
import dev.tilewright.cli.Console;
import dev.tilewright.cli.JsonOutput;
import dev.tilewright.cli.SessionArguments;
import dev.tilewright.cli.Table;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tuning.Statistics;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code bench memory}: what a process takes that does nothing but run one model. */
@Command(
    name = "memory",
    description =
        "Runs each model in processes of its own, and in ONNX Runtime's, and tells what they take.",
    sortOptions = false,
    footer = {
      "",
      "MB are 2^20 bytes, medians over processes. Resident is all of the process after the runs,"
          + " the virtual machine included, as Linux counts it. Kernels are chosen by estimates."
    })
public final class MemoryVerb extends ModelsGiven implements Callable<Integer> {
  private static final double MEGABYTE = 1 << 20;
  private static final String PEER = "onnxruntime.";
  private static final List<String> FIGURES =
      List.of(
          "resident",
          PEER + "resident",
          "mostResident",
          PEER + "mostResident",
          "arena",
          "packedWeights",
          "heap",
          PEER + "heap");

  @Mixin private SessionArguments session = new SessionArguments();

  @Option(names = "--runs", description = "Runs of the model in each process (default: 100)")
  private int runs = 100;

  @Option(names = "--forks", description = "Processes of each model (default: 3)")
  private int forks = 3;

  @Mixin private JsonOutput json = new JsonOutput();

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    json.requireFolder();
    SessionOptions options = session.estimates();
    JmhResults results = new JmhResults(Environment.here());
    Table table =
        new Table(
            "model",
            "resident MB",
            "ONNX Runtime MB",
            "most",
            "ONNX Runtime's",
            "arena MB",
            "packed weights MB",
            "Java heap MB",
            "ONNX Runtime's");
    for (ModelSource source : sources()) {
      Console.progress(spec, source.name());
      Map<String, List<List<Double>>> figures = measure(source, options);
      List<String> cells = new ArrayList<>(List.of(source.name()));
      Map<String, JmhResults.Metric> secondary = new LinkedHashMap<>();
      for (String name : FIGURES) {
        List<List<Double>> values = figures.getOrDefault(name, List.of());
        double median = Statistics.median(values.stream().map(List::getFirst).toList());
        cells.add(
            Double.isNaN(median) ? "-" : String.format(Locale.ROOT, "%.1f", median / MEGABYTE));
        if (!values.isEmpty()) {
          secondary.put(name, new JmhResults.Metric("B", values));
        }
      }
      table.row(cells.toArray());
      JmhResults.Metric resident = secondary.remove("resident");
      if (resident == null) {
        throw new IOException("this system does not tell what a process takes");
      }
      results.add(
          "tilewright.memory." + source.name(),
          JmhResults.Mode.SINGLE_SHOT,
          Map.of("backend", options.backend(), "runs", String.valueOf(runs)),
          options.threads(),
          resident,
          secondary);
    }
    Console.progress(spec, "");
    print(table, results, json, Console.out(spec));
    return 0;
  }

  /** Bytes by name and process. */
  private Map<String, List<List<Double>>> measure(ModelSource source, SessionOptions options)
      throws IOException {
    Map<String, Shape> shapes = inputShapes(source);
    Map<String, List<List<Double>>> figures = new LinkedHashMap<>();
    try (ModelFiles files = new ModelFiles(source)) {
      for (int fork = 0; fork < forks; fork++) {
        run(files.file(), shapes, options, ModelProcess.Start.PLAIN, "", figures);
        run(files.file(), shapes, options, ModelProcess.Start.PEER, PEER, figures);
      }
    }
    return figures;
  }

  private void run(
      Path model,
      Map<String, Shape> shapes,
      SessionOptions options,
      ModelProcess.Start start,
      String prefix,
      Map<String, List<List<Double>>> figures)
      throws IOException {
    ModelProcess.run(model, shapes, options, start, Math.max(1, runs))
        .figures()
        .forEach((name, value) ->
            figures.computeIfAbsent(prefix + name, n -> new ArrayList<>()).add(List.of(value)));
  }
}
