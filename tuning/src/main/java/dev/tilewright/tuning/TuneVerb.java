package dev.tilewright.tuning;

import dev.tilewright.Model;
import dev.tilewright.SessionOptions;
import dev.tilewright.cli.BadInputException;
import dev.tilewright.cli.Console;
import dev.tilewright.cli.Json;
import dev.tilewright.cli.LoadArguments;
import dev.tilewright.cli.SessionArguments;
import dev.tilewright.cli.ShapeArguments;
import dev.tilewright.cli.Table;
import dev.tilewright.cli.Verb;
import dev.tilewright.database.TuningFile;
import dev.tilewright.tuning.TuningReport.LayerReport;
import dev.tilewright.tuning.TuningReport.Whole;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tune}: measures which kernels are fastest here and remembers it. */
@Command(
    name = "tune",
    description = "Find the fastest kernels for models by measuring on this machine.",
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  tilewright tune model.onnx",
      "  tilewright tune model.onnx --level patient --budget 10m --threads 1",
      "  tilewright tune model.onnx --shape input=1x3x320x320 --db ./tuning.txt",
      "",
      "May be stopped at any time (Ctrl-C): what was found is kept, and the next run goes on."
    })
public final class TuneVerb implements Verb, Callable<Integer> {
  private static final Pattern DURATION = Pattern.compile("(\\d{1,6}(?:\\.\\d{1,3})?)([smh]?)");

  @Spec private @Nullable CommandSpec spec;

  @Parameters(arity = "1..*", paramLabel = "MODEL", description = "ONNX files.")
  private List<Path> models = new ArrayList<>();

  @Option(
      names = "--level",
      paramLabel = "LEVEL",
      defaultValue = "MEASURE",
      description =
          "measure (the most promising kernels), patient (more of them) or exhaustive (all)."
              + " Default: measure.")
  private Level level = Level.MEASURE;

  @Option(
      names = "--budget",
      paramLabel = "TIME",
      defaultValue = "60s",
      description = "Most time for a model: 60s, 5m, 1h. Default: ${DEFAULT-VALUE}.")
  private String budget = "60s";

  @Option(names = "--again", description = "Also tune what was tuned on this machine before.")
  private boolean again;

  @Mixin private LoadArguments loading = new LoadArguments();
  @Mixin private ShapeArguments shapes = new ShapeArguments();
  @Mixin private SessionArguments session = new SessionArguments();

  @Option(names = "--json", description = "Print one JSON object instead of text.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    SessionOptions options = session.estimates();
    double seconds = seconds(budget);
    Path database = session.database();
    if (database == null) {
      throw new BadInputException("what is measured must be kept somewhere: give --db FILE");
    }
    TuningFile file = TuningFile.at(database);
    PrintWriter out = Console.out(spec);
    List<Map<String, Object>> all = new ArrayList<>();
    for (Path path : models) {
      String name = String.valueOf(path.getFileName());
      try (Model model = loading.load(path)) {
        long start = System.nanoTime();
        TuningReport report;
        try (TuneProgress progress =
            new TuneProgress(name, Console.err(spec), Console.isTerminal())) {
          report =
              ModelTuner.tune(
                  model,
                  shapes.all(model.inputs()),
                  file,
                  new ModelTuner.Options(options, level, seconds, again),
                  progress);
        }
        double took = (System.nanoTime() - start) / 1e9;
        if (json) {
          all.add(object(path, report, took));
        } else {
          print(path, report, took, out);
        }
      }
    }
    if (json) {
      Map<String, Object> object = new LinkedHashMap<>();
      object.put("database", database.toString());
      object.put("level", level.name());
      object.put("models", all);
      out.println(Json.of(object));
    } else {
      out.println("measurements in " + database);
    }
    return 0;
  }

  /**
   * What {@code --budget} says.
   *
   * @throws BadInputException if it is not a time
   */
  static double seconds(String text) {
    Matcher matcher = DURATION.matcher(text);
    if (!matcher.matches()) {
      throw new BadInputException("--budget " + text + " is not a time, write it like 60s or 5m");
    }
    double unit =
        switch (matcher.group(2)) {
          case "m" -> 60;
          case "h" -> 3600;
          default -> 1;
        };
    return Double.parseDouble(matcher.group(1)) * unit;
  }

  private static void print(Path path, TuningReport report, double took, PrintWriter out) {
    Table table = new Table("problem", "layers", "before", "us", "chosen", "us", "gain", "of");
    for (LayerReport layer : report.layers()) {
      boolean changed = !layer.after().equals(layer.before());
      table.row(
          layer.problem(),
          layer.count(),
          layer.before() == null ? layer.estimate() + " (wrong or failed)" : layer.before(),
          layer.beforeMicros() == null
              ? "-"
              : String.format(Locale.ROOT, "%.1f", layer.beforeMicros()),
          changed ? layer.after() : "the same",
          String.format(Locale.ROOT, "%.1f", layer.afterMicros()),
          changed && layer.beforeMicros() != null
              ? String.format(
                  Locale.ROOT, "%.1f %%", 100 * (1 - layer.afterMicros() / layer.beforeMicros()))
              : "",
          layer.tried());
    }
    if (!report.layers().isEmpty()) {
      table.print(out);
      out.println();
    }
    out.println(
        String.format(
            Locale.ROOT,
            "%s: %d problems and %d chains tuned in %.1f s; %.1f us a run gained in the problems on"
                + " one thread",
            path.getFileName(),
            report.layers().size(),
            report.chains(),
            took,
            report.layers().stream().mapToDouble(LayerReport::microsGained).sum()));
    out.println(
        String.format(
            Locale.ROOT,
            "cost model: rank correlation %.2f, its first choice takes %.1f %% longer than the"
                + " fastest; fitted to this machine %.2f and %.1f %% on layers that it has not"
                + " seen%s",
            report.costModel().before().correlation(),
            100 * report.costModel().before().regret(),
            report.costModel().fitted().correlation(),
            100 * report.costModel().fitted().regret(),
            report.costModel().kept() ? "" : ": not used"));
    out.println(whole(report.whole()));
  }

  private static String whole(Whole whole) {
    String back =
        whole.retracted() == 0
            ? ""
            : String.format(Locale.ROOT, "; %d taken back", whole.retracted());
    if (whole.changed() == 0) {
      return "whole model: runs as estimated" + back;
    }
    return String.format(
        Locale.ROOT,
        "whole model: %.3f ms by estimates, %.3f ms tuned: %.3f times as fast [%.3f, %.3f], %d"
            + " problems changed%s",
        whole.estimatedMillis(),
        whole.tunedMillis(),
        whole.speedup().value(),
        whole.speedup().low(),
        whole.speedup().high(),
        whole.changed(),
        back);
  }

  private static Map<String, Object> object(Path path, TuningReport report, double took) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("model", path.toString());
    object.put("seconds", took);
    Map<String, Object> costModel = new LinkedHashMap<>();
    costModel.put("before", object(report.costModel().before()));
    costModel.put("fitted", object(report.costModel().fitted()));
    costModel.put("kept", report.costModel().kept());
    object.put("costModel", costModel);
    object.put("chains", report.chains());
    Map<String, Object> whole = new LinkedHashMap<>();
    whole.put("changed", report.whole().changed());
    whole.put("retracted", report.whole().retracted());
    whole.put("estimatedMs", report.whole().estimatedMillis());
    whole.put("tunedMs", report.whole().tunedMillis());
    whole.put("speedup", report.whole().speedup().value());
    whole.put("low", report.whole().speedup().low());
    whole.put("high", report.whole().speedup().high());
    object.put("whole", whole);
    object.put("layers", report.layers().stream().map(TuneVerb::object).toList());
    return object;
  }

  private static Map<String, @Nullable Object> object(TuningReport.Quality quality) {
    Map<String, @Nullable Object> object = new LinkedHashMap<>();
    object.put("rankCorrelation", Json.number(quality.correlation()));
    object.put("regret", Json.number(quality.regret()));
    return object;
  }

  private static Map<String, @Nullable Object> object(LayerReport layer) {
    Map<String, @Nullable Object> object = new LinkedHashMap<>();
    object.put("problem", layer.problem());
    object.put("layers", layer.count());
    object.put("estimate", layer.estimate());
    object.put("estimatedUs", layer.estimatedMicros());
    object.put("before", layer.before());
    object.put("beforeUs", layer.beforeMicros());
    object.put("chosen", layer.after());
    object.put("chosenUs", layer.afterMicros());
    object.put("tried", layer.tried());
    object.put("rankCorrelation", Json.number(layer.correlation()));
    object.put("regret", Json.number(layer.regret()));
    return object;
  }
}
