package dev.tilewright.bench;

import dev.tilewright.backend.Backend;
import dev.tilewright.backend.Backends;
import dev.tilewright.cli.BadInputException;
import dev.tilewright.cli.Console;
import dev.tilewright.cli.JsonOutput;
import dev.tilewright.cli.Verb;
import dev.tilewright.conv.Activation;
import dev.tilewright.conv.Epilogue;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code bench kernels}: the fastest kernel of each layer, as % of the machine's FMA peak. */
@Command(
    name = "kernels",
    description =
        "Times every kernel and tile that applies to a layer, and compares what the kernels compute"
            + " with sums in double.",
    footer = {
      "",
      "GFLOP/s count the direct algorithm's multiply-adds: Winograd may exceed 100 %% of the peak.",
      "Exit code: 1 if a kernel failed or is further from the exact result than"
          + " docs/numerics.md allows."
    })
public final class KernelsVerb implements Verb, Callable<Integer> {
  private static final Map<String, Activation> EPILOGUES =
      Map.of(
          "bias", Activation.none(),
          "relu", Activation.relu(),
          "relu6", new Activation.Clip(0, 6),
          "hardswish", new Activation.HardSwish(),
          "silu", new Activation.Silu(),
          "gelu", new Activation.Gelu());

  @Option(
      names = "--backend",
      split = ",",
      paramLabel = "NAME",
      description = "vector, native or both: vector,native (default: both where they run)")
  private List<String> backends = new ArrayList<>();

  @Option(
      names = "--layers",
      paramLabel = "FILE",
      description = {
        "Layers, one a line (default: one of each class):",
        "  name N C K H W R S sh sw ph pw dh dw groups",
        "  name batch M K N   (a matrix product)"
      })
  private @Nullable Path layers;

  @Option(
      names = "--filter",
      paramLabel = "REGEX",
      description = "Only layers with this in their name")
  private Pattern filter = Pattern.compile("");

  @Option(
      names = "--algorithm",
      paramLabel = "REGEX",
      description = "Only algorithms with this in their id")
  private Pattern algorithm = Pattern.compile("");

  @Option(names = "--threads", description = "Threads (default: 1)")
  private int threads = 1;

  @Option(
      names = "--seconds",
      description = "Seconds a layer in which the fastest kernels are timed in turn (default: 1)")
  private double seconds = 1;

  @Option(names = "--warmup", description = "Most seconds a kernel warms up (default: 1.5)")
  private double warmup = 1.5;

  @Option(
      names = "--epilogue",
      description =
          "Bias, and what is applied after it: bias, relu, relu6, hardswish, silu, gelu"
              + " (default: bias)")
  private String epilogue = "bias";

  @Option(names = "--all", description = "Print every kernel and tile, not only the fastest")
  private boolean all;

  @Mixin private JsonOutput json = new JsonOutput();

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    List<Backend> usable = usable();
    List<Layer> wanted =
        (layers == null ? LayerFile.shipped() : LayerFile.read(layers))
            .stream().filter(l -> filter.matcher(l.name()).find()).toList();
    if (wanted.isEmpty()) {
      throw new BadInputException("no layer is called anything like " + filter);
    }
    LayerRun.Options options =
        new LayerRun.Options(usable, algorithm, epilogue(), threads, seconds, warmup);
    KernelTable table =
        new KernelTable(json.text(out()), usable.stream().map(Backend::name).toList(), all);
    Environment environment = Environment.here();
    double first = FmaPeak.gflops(threads);
    json.requireFolder();
    table.begin(environment, threads, first);
    List<LayerRun> runs = new ArrayList<>();
    for (Layer layer : wanted) {
      String place = (runs.size() + 1) + " of " + wanted.size() + " " + layer.name() + ": ";
      LayerRun run = LayerRun.of(layer, options, doing -> progress(place + doing));
      progress("");
      runs.add(run);
      table.add(run);
    }
    double last = FmaPeak.gflops(threads);
    table.end(last);
    if (json.isWanted()) {
      json.write(results(environment, runs).json(), out());
    }
    return runs.stream().allMatch(run -> run.wrong().isEmpty()) ? 0 : 1;
  }

  private List<Backend> usable() {
    List<Backend> usable =
        backends.isEmpty()
            ? Backends.load().usable("auto").stream()
                .filter(b -> !b.name().equals("reference"))
                .sorted(Comparator.comparing(b -> !b.name().equals("vector")))
                .toList()
            : backends.stream()
                .flatMap(name ->
                    Backends.load().usable(name).stream().filter(b -> b.name().equals(name)))
                .toList();
    if (usable.isEmpty()) {
      throw new BadInputException(
          "no backend but the reference runs here: " + Backends.load().availability());
    }
    return usable;
  }

  private Epilogue epilogue() {
    Activation activation = EPILOGUES.get(epilogue);
    if (activation == null) {
      throw new BadInputException(
          "no epilogue '"
              + epilogue
              + "', there are "
              + EPILOGUES.keySet().stream().sorted().toList());
    }
    return new Epilogue(true, false, activation);
  }

  /** Of all that have a time. */
  private JmhResults results(Environment environment, List<LayerRun> runs) {
    JmhResults results = new JmhResults(environment);
    for (LayerRun run : runs) {
      for (LayerRun.Row row : run.candidates()) {
        if (row.failure() == null) {
          Map<String, JmhResults.Metric> others = new LinkedHashMap<>();
          others.put("rate", JmhResults.Metric.of("GFLOP/s", row.gflops()));
          others.put("ofPeak", JmhResults.Metric.of("%", row.percentOfPeak()));
          others.put("allocated", JmhResults.Metric.of("B/op", row.bytesPerCall()));
          if (row.error() != null) {
            others.put("error", JmhResults.Metric.of("share of bound", row.error().share()));
          }
          results.add(
              "tilewright.kernels." + run.layer(),
              JmhResults.Mode.AVERAGE,
              Map.of(
                  "key",
                  run.key(),
                  "algorithm",
                  row.algorithm(),
                  "tile",
                  row.tile(),
                  "epilogue",
                  epilogue),
              threads,
              new JmhResults.Metric("us/op", List.of(row.blocks())),
              others);
        }
      }
    }
    return results;
  }

  private void progress(String text) {
    Console.progress(spec, text);
  }

  private PrintWriter out() {
    return Console.out(spec);
  }
}
