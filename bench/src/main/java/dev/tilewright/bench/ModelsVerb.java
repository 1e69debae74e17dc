package dev.tilewright.bench;

import dev.tilewright.Model;
import dev.tilewright.SessionOptions;
import dev.tilewright.cli.Console;
import dev.tilewright.cli.JsonOutput;
import dev.tilewright.cli.SessionArguments;
import dev.tilewright.cli.Table;
import dev.tilewright.plan.Plan;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tuning.SessionContender;
import dev.tilewright.tuning.Statistics;
import dev.tilewright.tuning.Turns;
import java.io.IOException;
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

/** {@code bench models}: how long whole models take once they are warm. */
@Command(
    name = "models",
    description = "Times whole models once they are warm.",
    sortOptions = false,
    footer = {
      "",
      "GFLOP/s count the direct algorithms' multiply-adds. compare times ONNX Runtime in turn."
    })
public final class ModelsVerb extends ModelsGiven implements Callable<Integer> {
  @Mixin private SessionArguments session = new SessionArguments();

  @Option(names = "--seconds", description = "Timed seconds a model (default: 3)")
  private double seconds = 3;

  @Option(names = "--warmup", description = "Most seconds a model warms up (default: 8)")
  private double warmup = 8;

  @Mixin private JsonOutput json = new JsonOutput();

  @Spec private @Nullable CommandSpec spec;

  /**
   * One model.
   *
   * @param peakGflops the larger of the peaks just before and just after
   */
  private record Time(
      String model, long macs, double peakGflops, boolean settled, List<Double> millis) {
    Statistics.Interval interval() {
      return Statistics.interval(millis);
    }

    double gflops() {
      return 2 * macs / (interval().value() * 1e6);
    }
  }

  @Override
  public Integer call() throws IOException {
    json.requireFolder();
    JmhResults results = new JmhResults(Environment.here(session.database()));
    Table table = new Table("model", "ms", "[95 %]", "GFLOP/s", "% of peak", "");
    int threads = 1;
    for (ModelSource source : sources()) {
      Console.progress(spec, source.name());
      SessionOptions options = session.options(source.file());
      threads = options.threads();
      Time time = time(source, inputs(source), options);
      Statistics.Interval interval = time.interval();
      table.row(
          time.model,
          String.format(Locale.ROOT, "%.3f", interval.value()),
          String.format(Locale.ROOT, "[%.3f, %.3f]", interval.low(), interval.high()),
          String.format(Locale.ROOT, "%.1f", time.gflops()),
          String.format(Locale.ROOT, "%.1f", 100 * time.gflops() / time.peakGflops),
          time.settled ? "" : "warm-up did not settle");
      results.add(
          "tilewright.models." + time.model,
          JmhResults.Mode.AVERAGE,
          Map.of("backend", options.backend()),
          threads,
          new JmhResults.Metric("ms/op", List.of(time.millis)),
          Map.of(
              "rate",
              JmhResults.Metric.of("GFLOP/s", time.gflops()),
              "ofPeak",
              JmhResults.Metric.of("%", 100 * time.gflops() / time.peakGflops)));
    }
    Console.progress(spec, "");
    print(table, results, json, Console.out(spec), threads + " thread(s)");
    return 0;
  }

  private Time time(ModelSource source, Map<String, Tensor> inputs, SessionOptions options) {
    try (Model model = Model.of(source.bytes());
        SessionContender contender = new SessionContender(model, inputs, options)) {
      double before = FmaPeak.gflops(options.threads());
      Turns.Timings timings =
          new Turns(List.of(contender), new Turns.Limits(0, seconds, warmup)).play();
      double after = FmaPeak.gflops(options.threads());
      return new Time(
          source.name(),
          contender.execution().plans().stream().mapToLong(Plan::macs).sum(),
          Math.max(before, after),
          timings.settled(),
          // Runs of one block are not independent, blocks nearly are.
          timings.rounds().stream().map(r -> Statistics.median(r.millis().getFirst())).toList());
    }
  }
}
