package dev.tilewright.cli;

import dev.tilewright.Model;
import dev.tilewright.SessionOptions;
import dev.tilewright.plan.Plan;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Prints what will run for every layer, and why. */
@Command(
    name = "explain",
    description = "Show which algorithm runs each layer of a model on this machine, and why.",
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  tilewright explain model.onnx",
      "  tilewright explain model.onnx --shape input=1x3x320x320 --threads 1 --all",
      "",
      "Origin: TUNED was measured on this machine, ESTIMATED comes from the cost model,",
      "FORCED because nothing else was allowed. MACs are multiply-accumulates of the layer."
    })
public final class Explain implements Verb, Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;

  @Parameters(paramLabel = "MODEL", description = "An ONNX file.")
  private Path model = Path.of("");

  @Mixin private LoadArguments loading = new LoadArguments();
  @Mixin private ShapeArguments shapes = new ShapeArguments();
  @Mixin private SessionArguments session = new SessionArguments();

  @Option(names = "--all", description = "Also say why the other algorithms were not chosen.")
  private boolean all;

  @Option(names = "--json", description = "Print one JSON object instead of text.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    SessionOptions options = session.options(model);
    try (Model loaded = loading.load(model)) {
      Plan plan = loaded.plan(shapes.all(loaded.inputs()), options);
      List<String> waiting = loaded.waiting(shapes.all(loaded.inputs()), options);
      PrintWriter out = Console.out(spec);
      if (json) {
        Map<String, Object> object = object(plan);
        object.put("waiting", waiting);
        loaded.packedCache().ifPresent(state -> object.put("packedCache", state));
        out.println(Json.of(object));
      } else {
        print(plan, shapes.assumption(loaded.inputs()), out);
        loaded.packedCache().ifPresent(state -> out.println("packed cache " + state));
        if (!waiting.isEmpty()) {
          out.println(
              "this is the first stage; "
                  + waiting.size()
                  + " nodes are planned in a run, by what it computes, from "
                  + waiting.getFirst()
                  + " on");
        }
      }
    }
    return 0;
  }

  private void print(Plan plan, @Nullable String assumption, PrintWriter out) {
    if (assumption != null) {
      out.println("open dimensions assumed: " + assumption);
    }
    Table table =
        new Table("#", "layer", "key", "algorithm", "tile", "origin", "out", "MACs", "why");
    int number = 0;
    for (Plan.Step step : plan.steps()) {
      // A chain of layers in one step: a line for each.
      List<String> keys = List.of(step.key().split(" > "));
      List<String> algorithms = List.of(step.choice().algorithm().split("\\+"));
      List<String> tiles = List.of(step.choice().tile().split("\\+"));
      table.row(
          ++number,
          step.layer(),
          keys.getFirst(),
          algorithms.getFirst(),
          tiles.getFirst(),
          step.choice().origin(),
          outputs(step),
          plan.macs() == 0
              ? ""
              : String.format(Locale.ROOT, "%.1f%%", 100.0 * step.macs() / plan.macs()),
          step.choice().reason() + (plan.isInPlace(step) ? ", in place" : ""));
      for (int i = 1; i < keys.size(); i++) {
        table.row("", "", keys.get(i), member(algorithms, i), member(tiles, i), "", "", "", "");
      }
      if (all) {
        step.choice().others().forEach((id, why) -> table.note("not " + id + ": " + why));
      }
    }
    table.print(out);
    out.println();
    algorithms(plan).forEach((id, count) -> out.println("  " + count + " x " + id));
    out.printf(
        Locale.ROOT,
        "%,d MACs in %d steps on %d thread(s)%n",
        plan.macs(),
        plan.steps().size(),
        plan.threads());
    out.printf(
        Locale.ROOT,
        "arena %,d bytes, %.1f %% of the lower bound %,d; %d step(s) in place;"
            + " packed weights %,d bytes%n",
        plan.arenaBytes(),
        100.0 * plan.arenaBytes() / Math.max(1, plan.lowerBoundBytes()),
        plan.lowerBoundBytes(),
        plan.steps().stream().filter(plan::isInPlace).count(),
        plan.packedBytes());
    out.println("digest of the choices " + PlanDigest.of(plan));
  }

  private static String member(List<String> members, int i) {
    return i < members.size() ? members.get(i) : "";
  }

  private Map<String, Object> object(Plan plan) {
    List<Map<String, Object>> steps = new ArrayList<>();
    for (Plan.Step step : plan.steps()) {
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("layer", step.layer());
      entry.put("op", step.op());
      entry.put("key", step.key());
      entry.put("algorithm", step.choice().algorithm());
      entry.put("tile", step.choice().tile());
      entry.put("origin", step.choice().origin().name());
      entry.put("why", step.choice().reason());
      entry.put("out", outputs(step));
      entry.put("inPlace", plan.isInPlace(step));
      entry.put("macs", step.macs());
      if (all) {
        entry.put("others", step.choice().others());
      }
      steps.add(entry);
    }
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("model", model.toString());
    object.put("threads", plan.threads());
    object.put("macs", plan.macs());
    object.put("arenaBytes", plan.arenaBytes());
    object.put("lowerBoundBytes", plan.lowerBoundBytes());
    object.put("packedBytes", plan.packedBytes());
    object.put("algorithms", algorithms(plan));
    object.put("digest", PlanDigest.of(plan));
    object.put("steps", steps);
    return object;
  }

  private static Map<String, Integer> algorithms(Plan plan) {
    Map<String, Integer> counts = new TreeMap<>();
    plan.steps().forEach(step -> counts.merge(step.choice().algorithm(), 1, Integer::sum));
    return counts;
  }

  private static String outputs(Plan.Step step) {
    return step.outputTypes().stream()
        .map(type -> ShapeArguments.text(type.shape()))
        .collect(Collectors.joining(" "));
  }
}
