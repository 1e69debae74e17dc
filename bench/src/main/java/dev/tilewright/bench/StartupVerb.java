package dev.tilewright.bench;

import dev.tilewright.SessionOptions;
import dev.tilewright.cli.Console;
import dev.tilewright.cli.JsonOutput;
import dev.tilewright.cli.SessionArguments;
import dev.tilewright.cli.Table;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tuning.Statistics;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
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
        "Times whole processes from their start to the first result, in turn with ONNX Runtime in"
            + " the same JVM: as it is, with a cache of packed weights, with an archive of loaded"
            + " classes, and with Java's AOT cache (C kernels only).",
    sortOptions = false,
    footer = {"", "Medians over processes; the ratio's is over rounds. Kernels by estimates."})
public final class StartupVerb extends ModelsGiven implements Callable<Integer> {
  @Mixin private SessionArguments session = new SessionArguments();

  @Option(names = "--pairs", description = "Rounds of processes of each model (default: 9)")
  private int pairs = 9;

  @Mixin private JsonOutput json = new JsonOutput();

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    json.requireFolder();
    SessionOptions options = session.estimates();
    JmhResults results = new JmhResults(Environment.here());
    Table table = new Table("model", "start", "ms", "ONNX Runtime ms", "times as fast", "[95 %]");
    for (ModelSource source : sources()) {
      Map<String, List<Double>> millis = measure(source, options);
      List<Double> peer = Objects.requireNonNull(millis.get(Starts.PEER));
      millis.forEach((start, ours) -> {
        add(results, source, options, start, ours);
        if (!start.equals(Starts.PEER)) {
          row(table, source.name(), start, ours, peer);
        }
      });
    }
    Console.progress(spec, "");
    print(table, results, json, Console.out(spec));
    return 0;
  }

  private static void row(
      Table table, String model, String start, List<Double> ours, List<Double> peer) {
    List<Double> ratios = new ArrayList<>();
    for (int i = 0; i < ours.size(); i++) {
      ratios.add(peer.get(i) / ours.get(i));
    }
    Statistics.Interval ratio = Statistics.interval(ratios);
    table.row(
        model,
        start,
        String.format(Locale.ROOT, "%.0f", Statistics.median(ours)),
        String.format(Locale.ROOT, "%.0f", Statistics.median(peer)),
        String.format(Locale.ROOT, "%.2f", ratio.value()),
        String.format(Locale.ROOT, "[%.2f, %.2f]", ratio.low(), ratio.high()));
  }

  /** Times by the way of starting. Every second round goes backwards. */
  private Map<String, List<Double>> measure(ModelSource source, SessionOptions options)
      throws IOException {
    Map<String, Shape> shapes = inputShapes(source);
    Map<String, List<Double>> millis = new LinkedHashMap<>();
    try (ModelFiles files = new ModelFiles(source);
        Starts starts = new Starts(files.file(), shapes, options)) {
      starts.names().forEach(name -> millis.put(name, new ArrayList<>()));
      for (int round = 0; round < pairs; round++) {
        Console.progress(spec, source.name() + ", round " + (round + 1) + " of " + pairs);
        List<String> names = starts.names();
        for (String name : round % 2 == 0 ? names : names.reversed()) {
          ModelProcess.Life life =
              ModelProcess.run(files.file(), shapes, options, starts.way(name), 0);
          Objects.requireNonNull(millis.get(name)).add(life.firstMillis());
        }
      }
    }
    return millis;
  }

  private static void add(
      JmhResults results,
      ModelSource source,
      SessionOptions options,
      String start,
      List<Double> millis) {
    results.add(
        "tilewright.startup." + source.name(),
        JmhResults.Mode.SINGLE_SHOT,
        Map.of("start", start, "backend", options.backend()),
        options.threads(),
        new JmhResults.Metric("ms/op", millis.stream().map(List::of).toList()),
        Map.of());
  }
}
