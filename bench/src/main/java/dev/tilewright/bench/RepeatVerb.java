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
import dev.tilewright.tuning.Level;
import dev.tilewright.tuning.ModelTuner;
import dev.tilewright.tuning.SessionContender;
import dev.tilewright.tuning.Statistics.Interval;
import dev.tilewright.tuning.Turns;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
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
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code bench repeat}: whether tunings on a busy machine come to plans of the same speed, and what
 * they gain over estimates.
 */
@Command(
    name = "repeat",
    description =
        "Tunes models several times from nothing while one core is kept busy, then times the plans"
            + " and that by estimates in turn, with no core kept busy.",
    sortOptions = false,
    footer = {
      "",
      "Exit code: 1 if of any model two plans surely differ by more than 2 %%, or the first is",
      "surely more than 1 %% slower than by estimates.",
      "",
      "Examples:",
      "  tilewright bench repeat model.onnx --budget 20",
      "  tilewright bench repeat *.onnx --levels measure --quiet --backend vector",
      "  tilewright bench repeat model.onnx --levels measure,patient --quiet"
    })
public final class RepeatVerb implements Verb, Callable<Integer> {
  /** Asked of two tunings. */
  private static final double SAME = 1.02;

  /** Asked of a tuned plan against the estimated one. */
  private static final double HARMLESS = 0.99;

  /** Of timed work, for each plan. */
  private static final double SECONDS = 3;

  private static final double WARMUP_SECONDS = 2;

  /**
   * What came of a model.
   *
   * @param gain how many times as fast the first plan is as that by estimates
   * @param steps that only one of the two has
   * @param seconds of the first tuning
   * @param others each later plan against the first
   */
  private record Outcome(
      Path model, Interval gain, List<String> steps, double seconds, List<Other> others) {
    boolean isGood() {
      return gain.high() >= HARMLESS && others.stream().allMatch(Other::isSame);
    }
  }

  /**
   * A later plan.
   *
   * @param ratio how many times as long it takes as the first
   * @param steps that only one of the two has
   */
  private record Other(Level level, Interval ratio, List<String> steps) {
    boolean isSame() {
      return ratio.low() <= SAME && ratio.high() >= 1 / SAME;
    }
  }

  private record Tuned(TuningTable table, double seconds) {}

  @Parameters(arity = "1..*", paramLabel = "MODEL", description = "ONNX files.")
  private List<Path> paths = new ArrayList<>();

  @Option(
      names = "--budget",
      paramLabel = "SECONDS",
      description = "Most time for each tuning (default: 30)")
  private double budget = 30;

  @Option(
      names = "--levels",
      split = ",",
      paramLabel = "LEVEL",
      description = "Of the tunings, one for each (default: measure,measure)")
  private List<Level> levels = List.of(Level.MEASURE, Level.MEASURE);

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
    PrintWriter out = Console.out(spec);
    List<Outcome> all = new ArrayList<>();
    for (Path path : paths) {
      try (Model model = loading.load(path)) {
        all.add(of(path, model));
      }
      if (!json) {
        print(all.getLast(), out);
        out.flush();
      }
    }
    double mean =
        Math.exp(all.stream().mapToDouble(o -> Math.log(o.gain.value())).average().orElse(0));
    if (json) {
      Map<String, Object> object = new LinkedHashMap<>();
      object.put("models", all.stream().map(RepeatVerb::object).toList());
      object.put("geometricMean", mean);
      out.println(Json.of(object));
    } else {
      out.println(
          String.format(
              Locale.ROOT,
              "geometric mean of %d: tuned %.3f times as fast as estimated",
              all.size(),
              mean));
    }
    return all.stream().allMatch(Outcome::isGood) ? 0 : 1;
  }

  private Outcome of(Path path, Model model) throws IOException {
    SessionOptions estimates = session.estimates();
    Map<String, Shape> sizes = shapes.all(model.inputs());
    List<Tuned> tunings = new ArrayList<>();
    for (Level level : levels) {
      tunings.add(tuned(model, sizes, estimates, level));
    }
    Map<String, Tensor> inputs = Inputs.of(model.inputs(), sizes, Map.of(), Map.of());
    List<SessionContender> plans = new ArrayList<>();
    try {
      plans.add(new SessionContender(model, inputs, estimates));
      for (Tuned tuned : tunings) {
        plans.add(new SessionContender(model, inputs, estimates.tuning(tuned.table)));
      }
      Turns.Limits limits = new Turns.Limits(0, SECONDS * plans.size(), WARMUP_SECONDS);
      Turns.Timings timings = new Turns(plans, limits).play();
      List<Other> others = new ArrayList<>();
      for (int i = 2; i < plans.size(); i++) {
        List<String> steps = differences(plans.get(1).plan(), plans.get(i).plan());
        others.add(new Other(levels.get(i - 1), timings.ratio(i, 1), steps));
      }
      List<String> steps = differences(plans.get(0).plan(), plans.get(1).plan());
      double seconds = tunings.getFirst().seconds;
      return new Outcome(path, timings.ratio(0, 1), steps, seconds, others);
    } finally {
      plans.forEach(SessionContender::close);
    }
  }

  private static void print(Outcome outcome, PrintWriter out) {
    out.println(
        String.format(
            Locale.ROOT,
            "%s: tuned in %.1f s, %.3f times as fast as estimated [%.3f, %.3f]; steps that differ:",
            outcome.model.getFileName(),
            outcome.seconds,
            outcome.gain.value(),
            outcome.gain.low(),
            outcome.gain.high()));
    outcome.steps.forEach(out::println);
    for (Other other : outcome.others) {
      out.println(
          String.format(
              Locale.ROOT,
              "  another plan (%s) takes %.3f times as long [%.3f, %.3f]; steps that differ:",
              other.level.name().toLowerCase(Locale.ROOT),
              other.ratio.value(),
              other.ratio.low(),
              other.ratio.high()));
      other.steps.forEach(out::println);
    }
  }

  private static Map<String, Object> object(Outcome outcome) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("model", outcome.model.toString());
    object.put("seconds", outcome.seconds);
    object.put("gain", object(outcome.gain));
    object.put("stepsThatDiffer", outcome.steps);
    object.put(
        "others",
        outcome.others.stream()
            .map(other -> {
              Map<String, Object> of = new LinkedHashMap<>();
              of.put("level", other.level.name());
              of.put("ratio", object(other.ratio));
              of.put("stepsThatDiffer", other.steps);
              of.put("same", other.isSame());
              return of;
            })
            .toList());
    object.put("good", outcome.isGood());
    return object;
  }

  private static Map<String, Double> object(Interval interval) {
    Map<String, Double> object = new LinkedHashMap<>();
    object.put("value", interval.value());
    object.put("low", interval.low());
    object.put("high", interval.high());
    return object;
  }

  /** What a tuning from nothing finds. */
  private Tuned tuned(Model model, Map<String, Shape> sizes, SessionOptions estimates, Level level)
      throws IOException {
    Path folder = Files.createTempDirectory("tilewright-repeat");
    TuningFile file = TuningFile.at(folder.resolve("tuning.txt"));
    Process busy = quiet ? null : BusyCore.start();
    try {
      long start = System.nanoTime();
      ModelTuner.Options options = new ModelTuner.Options(estimates, level, budget, false);
      ModelTuner.tune(model, sizes, file, options, (done, layers, left, gained) -> {});
      double seconds = (System.nanoTime() - start) / 1e9;
      TuningTable table = TuningTable.of(List.of(file.read().entries()), Backends.load().machine());
      return new Tuned(table, seconds);
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

  /** Steps that only one of two plans has, those of the first with a minus. */
  private static List<String> differences(Plan a, Plan b) {
    List<String> first = a.steps().stream().map(RepeatVerb::text).toList();
    List<String> second = b.steps().stream().map(RepeatVerb::text).toList();
    List<String> differ = new ArrayList<>();
    first.stream().filter(s -> !second.contains(s)).forEach(s -> differ.add("  - " + s));
    second.stream().filter(s -> !first.contains(s)).forEach(s -> differ.add("  + " + s));
    return differ;
  }

  private static String text(Plan.Step s) {
    String kernel = s.choice().algorithm() + " " + s.choice().tile();
    return s.layer() + ": " + kernel + " t" + s.threads();
  }
}
