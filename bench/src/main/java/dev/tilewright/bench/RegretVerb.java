package dev.tilewright.bench;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonParseException;
import dev.tilewright.cli.BadInputException;
import dev.tilewright.cli.Console;
import dev.tilewright.cli.SessionArguments;
import dev.tilewright.cli.Verb;
import dev.tilewright.conv.ConvProblem;
import dev.tilewright.database.TuningTable;
import dev.tilewright.tuning.Level;
import dev.tilewright.tuning.Ranking;
import dev.tilewright.tuning.Regret;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code bench regret}: how far tuning and estimating are from trying everything. */
@Command(
    name = "regret",
    description =
        "Compares, on layers drawn at random, the kernels that tune and the cost model choose with"
            + " the fastest of all, timed in turn.",
    sortOptions = false,
    footer = {
      "",
      "Goes on where it was: layers that the results file has are not measured again, so that a"
          + " long",
      "run may be cut into short ones.",
      "",
      "Examples:",
      "  tilewright bench regret --shapes 40 --results regret.jsonl --budget 90",
      "  tilewright bench regret --seed 7 --db none"
    })
public final class RegretVerb implements Verb, Callable<Integer> {
  private static final double ASKED_OF_TUNING = 0.03;
  private static final double ASKED_OF_ESTIMATES = 0.15;

  @Option(names = "--shapes", paramLabel = "N", description = "Layers (default: 40)")
  private int shapes = 40;

  @Option(names = "--seed", paramLabel = "N", description = "Of the draw (default: 1)")
  private long seed = 1;

  @Option(names = "--level", description = "Of the tuning that is compared (default: measure)")
  private Level level = Level.MEASURE;

  @Option(
      names = "--results",
      paramLabel = "FILE",
      description = "A line of JSON for each layer, added as they are measured")
  private @Nullable Path results;

  @Option(
      names = "--budget",
      paramLabel = "SECONDS",
      description = "Begin no layer after this time (default: no limit)")
  private double budget = Double.POSITIVE_INFINITY;

  @Option(
      names = "--final",
      paramLabel = "SECONDS",
      description = "In which the three kernels of a layer are timed in turn (default: 0.5)")
  private double finalSeconds = 0.5;

  @Option(names = "--json", description = "Print one JSON object instead of text")
  private boolean json;

  @Mixin private SessionArguments session = new SessionArguments();

  @Spec private @Nullable CommandSpec spec;

  private final Gson gson = new GsonBuilder().serializeSpecialFloatingPointValues().create();

  @Override
  public Integer call() throws IOException {
    if (shapes < 1 || finalSeconds <= 0) {
      throw new BadInputException("--shapes and --final must be positive");
    }
    TuningTable known = session.options(null).tuning();
    Map<String, Regret> measured = read();
    Map<String, Regret> wanted = new LinkedHashMap<>();
    long end = System.nanoTime() + (long) Math.min(1e18, budget * 1e9);
    PrintWriter out = Console.out(spec);
    for (ConvProblem problem : RandomLayers.of(shapes, seed)) {
      Regret regret = measured.get(problem.work());
      if (regret == null && System.nanoTime() < end) {
        regret = Regret.of(problem, session.estimates().backend(), known, level, finalSeconds);
        write(regret);
      }
      if (regret != null) {
        wanted.put(problem.work(), regret);
        if (!json) {
          out.println(line(regret));
          out.flush();
        }
      }
    }
    if (json) {
      Map<String, Object> object = new LinkedHashMap<>(summary(List.copyOf(wanted.values())));
      object.put("regrets", wanted.values());
      out.println(gson.toJson(object));
    } else {
      summary(List.copyOf(wanted.values()))
          .forEach((name, value) ->
              out.println(name + ": " + String.format(Locale.ROOT, "%.4f", value)));
    }
    return 0;
  }

  private static String line(Regret r) {
    return String.format(
        Locale.ROOT,
        "%s%n    best     %9.1f us  %s (of %d)%n    tuned    %+8.1f %%   %s%n    estimate %+8.1f %%"
            + "   %s",
        r.problem(),
        r.bestMicros(),
        r.best(),
        r.kernels().size(),
        100 * r.tunedLoss(),
        r.tuned(),
        100 * r.estimateLoss(),
        r.estimate());
  }

  private Map<String, Double> summary(List<Regret> all) {
    Map<String, Double> summary = new LinkedHashMap<>();
    summary.put("layers", (double) all.size());
    summary.put("wantedLayers", (double) shapes);
    summary.put("tunedWithin3Percent", share(all, r -> r.tunedLoss(), ASKED_OF_TUNING));
    summary.put("estimateWithin15Percent", share(all, r -> r.estimateLoss(), ASKED_OF_ESTIMATES));
    summary.put("meanTunedLoss", mean(all, Regret::tunedLoss));
    summary.put("meanEstimateLoss", mean(all, Regret::estimateLoss));
    summary.put("meanRankCorrelation", mean(all, RegretVerb::correlation));
    return summary;
  }

  private static double correlation(Regret r) {
    return Ranking.spearman(
        r.kernels().stream().mapToDouble(Regret.Kernel::estimatedMicros).toArray(),
        r.kernels().stream().mapToDouble(Regret.Kernel::micros).toArray());
  }

  private static double share(List<Regret> all, ToDoubleFunction<Regret> loss, double most) {
    return mean(all, r -> loss.applyAsDouble(r) <= most ? 1 : 0);
  }

  private static double mean(List<Regret> all, ToDoubleFunction<Regret> value) {
    return all.stream()
        .mapToDouble(value)
        .filter(v -> !Double.isNaN(v))
        .average()
        .orElse(Double.NaN);
  }

  private Map<String, Regret> read() throws IOException {
    Map<String, Regret> known = new LinkedHashMap<>();
    if (results != null && Files.exists(results)) {
      for (String line : Files.readAllLines(results, StandardCharsets.UTF_8)) {
        try {
          Regret regret = gson.fromJson(line, Regret.class);
          if (regret != null) {
            known.put(regret.problem(), regret);
          }
        } catch (JsonParseException e) { // whoever wrote it was killed: it is measured again
          Console.err(spec).println("tilewright: " + results + ": ignored a line, not JSON");
        }
      }
    }
    return known;
  }

  private void write(Regret regret) throws IOException {
    if (results != null) {
      Files.writeString(
          results,
          "\n" + gson.toJson(regret), // what a killed run wrote ends here
          StandardCharsets.UTF_8,
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    }
  }
}
