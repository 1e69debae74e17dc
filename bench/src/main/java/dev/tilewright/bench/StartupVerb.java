package dev.tilewright.bench;

import dev.tilewright.SessionOptions;
import dev.tilewright.cli.Console;
import dev.tilewright.cli.JsonOutput;
import dev.tilewright.cli.SessionArguments;
import dev.tilewright.cli.Table;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tuning.Statistics;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
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

/** {@code bench startup}: from the start of a process to its first result. */
@Command(
    name = "startup",
    description =
        "Times whole processes from their start to the first result, in pairs with ONNX Runtime in"
            + " the same JVM.",
    sortOptions = false,
    footer = {"", "Medians over processes; the ratio's is over pairs. Kernels by estimates."})
public final class StartupVerb extends ModelsGiven implements Callable<Integer> {
  @Mixin private SessionArguments session = new SessionArguments();

  @Option(names = "--pairs", description = "Pairs of processes of each model (default: 9)")
  private int pairs = 9;

  @Mixin private JsonOutput json = new JsonOutput();

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    json.requireFolder();
    SessionOptions options = session.estimates();
    Environment environment = Environment.here();
    JmhResults results = new JmhResults(environment);
    Table table = new Table("model", "ms", "ONNX Runtime ms", "times as fast", "[95 %]");
    for (ModelSource source : sources()) {
      List<Double> ours = new ArrayList<>();
      List<Double> peer = new ArrayList<>();
      measure(source, options, ours, peer);
      List<Double> ratios = new ArrayList<>();
      for (int i = 0; i < ours.size(); i++) {
        ratios.add(peer.get(i) / ours.get(i));
      }
      Statistics.Interval ratio = Statistics.interval(ratios);
      table.row(
          source.name(),
          String.format(Locale.ROOT, "%.0f", Statistics.median(ours)),
          String.format(Locale.ROOT, "%.0f", Statistics.median(peer)),
          String.format(Locale.ROOT, "%.2f", ratio.value()),
          String.format(Locale.ROOT, "[%.2f, %.2f]", ratio.low(), ratio.high()));
      add(results, source, options, "tilewright", ours);
      add(results, source, options, "onnxruntime", peer);
    }
    Console.progress(spec, "");
    PrintWriter out = json.text(Console.out(spec));
    environment.print(out);
    table.print(out);
    out.flush();
    json.write(results.json(), Console.out(spec));
    return 0;
  }

  /** Who begins changes from pair to pair. */
  private void measure(
      ModelSource source, SessionOptions options, List<Double> ours, List<Double> peer)
      throws IOException {
    Map<String, Shape> shapes = inputShapes(source);
    try (ModelFiles files = new ModelFiles(source)) {
      for (int pair = 0; pair < pairs; pair++) {
        Console.progress(spec, source.name() + ", pair " + (pair + 1) + " of " + pairs);
        for (boolean isPeer : new boolean[] {pair % 2 == 1, pair % 2 == 0}) {
          ModelProcess.Life life = ModelProcess.run(files.file(), shapes, options, isPeer, 0);
          (isPeer ? peer : ours).add(life.firstMillis());
        }
      }
    }
  }

  private static void add(
      JmhResults results,
      ModelSource source,
      SessionOptions options,
      String runtime,
      List<Double> millis) {
    results.add(
        "tilewright.startup." + source.name(),
        JmhResults.Mode.SINGLE_SHOT,
        Map.of("runtime", runtime, "backend", options.backend()),
        options.threads(),
        new JmhResults.Metric("ms/op", millis.stream().map(List::of).toList()),
        Map.of());
  }
}
