package dev.tilewright.bench;

import dev.tilewright.Model;
import dev.tilewright.SessionOptions;
import dev.tilewright.Timeline;
import dev.tilewright.backend.Backends;
import dev.tilewright.cli.BadInputException;
import dev.tilewright.cli.Console;
import dev.tilewright.cli.InputArguments;
import dev.tilewright.cli.Json;
import dev.tilewright.cli.JsonOutput;
import dev.tilewright.cli.LoadArguments;
import dev.tilewright.cli.MemoryChart;
import dev.tilewright.cli.SessionArguments;
import dev.tilewright.cli.ShapeArguments;
import dev.tilewright.cli.Verb;
import dev.tilewright.database.TuningFile;
import dev.tilewright.database.TuningRecord;
import dev.tilewright.tensor.Tensor;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code profile}: where the time of a model goes, layer by layer and thread by thread. */
@Command(
    name = "profile",
    description = "Time every layer of a model and hold it against what the machine can do.",
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  tilewright profile model.onnx",
      "  tilewright profile model.onnx --threads 1 --html profile.html",
      "  tilewright profile detector.onnx --image street.jpg --trace trace.json",
      "",
      "Without --image and --input the inputs are noise. A trace is opened by ui.perfetto.dev.",
      "docs/profiling.md says how to read all of it."
    })
public final class ProfileVerb implements Verb, Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;

  @Parameters(paramLabel = "MODEL", description = "An ONNX file.")
  private Path model = Path.of("");

  @Option(
      names = "--runs",
      paramLabel = "N",
      defaultValue = "31",
      description = "Runs that are timed step by step, and as many that are not. Default: 31.")
  private int runs = 31;

  @Option(names = "--html", paramLabel = "FILE", description = "Write a page with charts.")
  private @Nullable Path html;

  @Option(
      names = "--trace",
      paramLabel = "FILE",
      description = "Write what each thread did in one run, as trace events of Chrome.")
  private @Nullable Path trace;

  @Mixin private JsonOutput json = new JsonOutput();

  @Mixin private LoadArguments loading = new LoadArguments();
  @Mixin private ShapeArguments shapes = new ShapeArguments();
  @Mixin private InputArguments given = new InputArguments();
  @Mixin private SessionArguments session = new SessionArguments();

  @Override
  public Integer call() throws IOException {
    if (runs < 1) {
      throw new BadInputException("--runs must be at least 1");
    }
    requireFolder(html);
    requireFolder(trace);
    json.requireFolder();
    SessionOptions options = session.options(model);
    try (Model loaded = loading.load(model)) {
      Map<String, Tensor> inputs =
          given.areGiven()
              ? given.read(loaded.inputs(), shapes)
              : Inputs.of(loaded.inputs(), shapes.all(loaded.inputs()), Map.of(), Map.of());
      RunnersUp runnersUp = new RunnersUp(records(), Backends.load().machine(), options);
      String name = String.valueOf(model.getFileName());
      Profile profile = Profile.of(name, loaded, inputs, options, runs, runnersUp);
      PrintWriter out = Console.out(spec);
      if (!json.replacesText()) {
        ProfileText.print(profile, out);
      }
      json.write(Json.of(ProfileJson.of(profile)), out);
      if (html != null) {
        Files.writeString(html, ProfilePage.of(profile, memory(profile)));
      }
      if (trace != null) {
        try (Writer writer = Files.newBufferedWriter(trace)) {
          ChromeTrace.write(profile, writer);
        }
      }
    }
    return 0;
  }

  /** Before time is spent on what could not be written. */
  private static void requireFolder(@Nullable Path file) throws IOException {
    Path folder = file == null ? null : file.toAbsolutePath().getParent();
    if (folder != null && !Files.isDirectory(folder)) {
      throw new NoSuchFileException(folder.toString());
    }
  }

  /** What was measured before, of kernels that were not chosen too. */
  private Collection<TuningRecord> records() throws IOException {
    Path database = session.database();
    return database == null || !Files.exists(database)
        ? List.of()
        : TuningFile.at(database).read().records();
  }

  private static List<String> memory(Profile profile) {
    List<String> charts = new ArrayList<>();
    List<Timeline.Stage> stages = profile.typical().stages();
    for (int i = 0; i < stages.size(); i++) {
      if (stages.get(i).plan().steps().size() > 1) {
        String stage = stages.size() > 1 ? ", stage " + (i + 1) : "";
        charts.add(MemoryChart.svg(stages.get(i).plan(), profile.model() + stage));
      }
    }
    return charts;
  }
}
