package dev.tilewright.bench;

import dev.tilewright.Model;
import dev.tilewright.SessionOptions;
import dev.tilewright.backend.Backends;
import dev.tilewright.cli.Console;
import dev.tilewright.cli.Json;
import dev.tilewright.cli.LoadArguments;
import dev.tilewright.cli.SessionArguments;
import dev.tilewright.cli.ShapeArguments;
import dev.tilewright.cli.Verb;
import dev.tilewright.database.TuningFile;
import dev.tilewright.database.TuningTable;
import dev.tilewright.plan.Plan;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tuning.Duet;
import dev.tilewright.tuning.Level;
import dev.tilewright.tuning.ModelTuner;
import dev.tilewright.tuning.SessionContender;
import dev.tilewright.tuning.Statistics;
import dev.tilewright.tuning.Turns;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code bench repeat}: whether two tunings on a busy machine come to plans of the same speed. */
@Command(
    name = "repeat",
    description =
        "Tunes a model twice while one core is kept busy, then times the two plans in turn.",
    sortOptions = false,
    footer = {"", "Exit code: 1 if one plan is surely more than 2 %% faster than the other."})
public final class RepeatVerb implements Verb, Callable<Integer> {
  /** Asked of two tunings. */
  private static final double SAME = 1.02;

  private static final double DUET_SECONDS = 6;
  private static final double WARMUP_SECONDS = 2;

  @Parameters(paramLabel = "MODEL", description = "An ONNX file.")
  private Path path = Path.of("");

  @Option(
      names = "--budget",
      paramLabel = "SECONDS",
      description = "Most time for each tuning (default: 30)")
  private double budget = 30;

  @Option(names = "--quiet", description = "Keep no core busy")
  private boolean quiet;

  @Option(names = "--json", description = "Print one JSON object instead of text")
  private boolean json;

  @Mixin private LoadArguments loading = new LoadArguments();
  @Mixin private ShapeArguments shapes = new ShapeArguments();
  @Mixin private SessionArguments session = new SessionArguments();

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    SessionOptions estimates = session.estimates();
    try (Model model = loading.load(path)) {
      Map<String, Shape> sizes = shapes.all(model.inputs());
      TuningTable first = tuned(model, sizes, estimates);
      TuningTable second = tuned(model, sizes, estimates);
      Map<String, Tensor> inputs = Inputs.of(model.inputs(), sizes, Map.of(), Map.of());
      try (SessionContender a = new SessionContender(model, inputs, estimates.tuning(first));
          SessionContender b = new SessionContender(model, inputs, estimates.tuning(second))) {
        List<String> differ = differences(a.plan(), b.plan());
        Turns.Limits limits = new Turns.Limits(0, DUET_SECONDS, WARMUP_SECONDS);
        Statistics.Interval ratio = Statistics.speedup(new Duet(a, b, limits).play().rounds());
        boolean same = ratio.low() <= SAME && ratio.high() >= 1 / SAME;
        report(ratio, differ, same);
        return same ? 0 : 1;
      }
    }
  }

  private void report(Statistics.Interval ratio, List<String> differ, boolean same) {
    if (json) {
      Map<String, Object> object = new LinkedHashMap<>();
      object.put("model", path.toString());
      object.put("ratio", ratio.value());
      object.put("low", ratio.low());
      object.put("high", ratio.high());
      object.put("stepsThatDiffer", differ);
      object.put("same", same);
      Console.out(spec).println(Json.of(object));
    } else {
      Console.out(spec)
          .println(
              String.format(
                  Locale.ROOT,
                  "the second plan takes %.3f times as long as the first [%.3f, %.3f]; %d steps"
                      + " differ",
                  ratio.value(),
                  ratio.low(),
                  ratio.high(),
                  differ.size()));
      differ.forEach(Console.out(spec)::println);
    }
  }

  /** What a tuning from nothing finds. */
  private TuningTable tuned(Model model, Map<String, Shape> sizes, SessionOptions estimates)
      throws IOException {
    Path folder = Files.createTempDirectory("tilewright-repeat");
    TuningFile file = TuningFile.at(folder.resolve("tuning.txt"));
    Process busy = quiet ? null : BusyCore.start();
    try {
      ModelTuner.Options options = new ModelTuner.Options(estimates, Level.MEASURE, budget, false);
      ModelTuner.tune(model, sizes, file, options, (done, layers, left, gained) -> {});
      return TuningTable.of(List.of(file.read().entries()), Backends.load().machine());
    } finally {
      if (busy != null) {
        busy.destroyForcibly();
      }
      for (String name : List.of("tuning.txt", "tuning.txt.lock")) {
        Files.deleteIfExists(folder.resolve(name));
      }
      Files.deleteIfExists(folder);
    }
  }

  /** A line for each step that is not the same in both. */
  private static List<String> differences(Plan a, Plan b) {
    Map<String, String> of = new LinkedHashMap<>();
    a.steps().forEach(s -> of.put(s.layer(), kernel(s)));
    return b.steps().stream()
        .filter(s -> !kernel(s).equals(of.get(s.layer())))
        .map(s -> "  " + s.layer() + ": " + of.get(s.layer()) + " | " + kernel(s))
        .toList();
  }

  private static String kernel(Plan.Step s) {
    return s.choice().algorithm() + " " + s.choice().tile() + " t" + s.threads();
  }
}
