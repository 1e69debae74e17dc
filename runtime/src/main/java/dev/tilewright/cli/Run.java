package dev.tilewright.cli;

import dev.tilewright.Model;
import dev.tilewright.Session;
import dev.tilewright.SessionOptions;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
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

/** Runs a model once on the user's data. */
@Command(
    name = "run",
    description = "Run a model on a picture or on arrays and print what comes out.",
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  tilewright run mobilenet.onnx --image cat.jpg --labels imagenet.txt",
      "  tilewright run yolo.onnx --image street.png --fit stretch --mean 0 --std 1 --output out",
      "  tilewright run model.onnx --input x=x.npy --input mask=mask.npy --json",
      "  tilewright run model.onnx --input x=x.bin --shape x=1x3x64x64",
      "",
      ".npy files are NumPy's (numpy.save); .bin files are the values alone, little endian."
    })
public final class Run implements Verb, Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;

  @Parameters(paramLabel = "MODEL", description = "An ONNX file.")
  private Path model = Path.of("");

  @Mixin private InputArguments given = new InputArguments();

  @Option(
      names = "--labels",
      paramLabel = "FILE",
      description = "Names of the classes, one a line, for classifiers.")
  private @Nullable Path labels;

  @Option(
      names = "--top",
      paramLabel = "K",
      defaultValue = "5",
      description = "How many classes to print. Default: ${DEFAULT-VALUE}.")
  private int top = 5;

  @Option(
      names = "--output",
      paramLabel = "DIR",
      description = "Write each output to DIR/NAME.npy.")
  private @Nullable Path output;

  @Option(
      names = "--repeat",
      paramLabel = "N",
      defaultValue = "1",
      description = "Run N times and print the median time. Default: ${DEFAULT-VALUE}.")
  private int repeat = 1;

  @Mixin private LoadArguments loading = new LoadArguments();
  @Mixin private ShapeArguments shapes = new ShapeArguments();
  @Mixin private SessionArguments session = new SessionArguments();

  @Option(names = "--json", description = "Print one JSON object instead of text.")
  private boolean json;

  @Override
  public boolean runsAModel() {
    return true;
  }

  @Override
  public Integer call() throws IOException {
    SessionOptions options = session.options(model);
    if (top < 1 || repeat < 1) {
      throw new BadInputException("--top and --repeat must be at least 1");
    }
    if (output != null && Files.exists(output) && !Files.isDirectory(output)) {
      throw new BadInputException("--output " + output + " is a file, it must be a directory");
    }
    List<String> classes = labels == null ? List.of() : Classes.readLabels(labels);
    long start = System.nanoTime();
    try (Model loaded = loading.load(model)) {
      double loadMs = since(start);
      Map<String, Tensor> inputs = given.read(loaded.inputs(), shapes);
      Map<String, Shape> sizes = new LinkedHashMap<>();
      inputs.forEach((name, tensor) -> sizes.put(name, tensor.shape()));
      start = System.nanoTime();
      var plan = loaded.plan(sizes, options);
      double planMs = since(start);
      try (Session open = loaded.session(options)) {
        double[] times = new double[repeat];
        Map<String, Tensor> outputs = Map.of();
        for (int i = 0; i < repeat; i++) {
          start = System.nanoTime();
          outputs = open.run(inputs);
          times[i] = since(start);
        }
        Arrays.sort(times);
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("model", model.toString());
        report.put("threads", plan.threads());
        report.put("loadMs", loadMs);
        report.put("planMs", planMs);
        report.put("runMs", times[repeat / 2]);
        report.put("runs", repeat);
        print(inputs, outputs, classes, report);
        write(outputs);
      }
    }
    return 0;
  }

  private void print(
      Map<String, Tensor> inputs,
      Map<String, Tensor> outputs,
      List<String> classes,
      Map<String, Object> report) {
    PrintWriter out = Console.out(spec);
    List<Map<String, Object>> described = new ArrayList<>();
    if (!json) {
      inputs.forEach((name, tensor) -> out.println("input   " + name + ":" + tensor.type()));
    }
    outputs.forEach((name, tensor) -> {
      Summary summary = Summary.of(tensor);
      List<Classes.Score> best = Classes.best(tensor, top, classes);
      if (json) {
        Map<String, Object> entry = new LinkedHashMap<>();
        entry.put("name", name);
        entry.put("type", tensor.type().toString());
        entry.put("min", Json.number(summary.min()));
        entry.put("max", Json.number(summary.max()));
        entry.put("mean", Json.number(summary.mean()));
        entry.put("top", best.stream().map(Classes.Score::asMap).toList());
        described.add(entry);
      } else {
        out.println("output  " + name + ":" + tensor.type() + "  " + summary);
        best.forEach(score -> out.println("        " + score));
      }
    });
    if (json) {
      report.put("outputs", described);
      out.println(Json.of(report));
      return;
    }
    out.printf(
        Locale.ROOT,
        "time    %.2f ms%s (load %.0f ms, plan %.0f ms), %s thread(s)%n",
        (Double) report.get("runMs"),
        repeat == 1
            ? " for the first run; --repeat 50 for a warm one"
            : ", median of " + repeat + " runs",
        (Double) report.get("loadMs"),
        (Double) report.get("planMs"),
        report.get("threads"));
  }

  private void write(Map<String, Tensor> outputs) throws IOException {
    if (output == null) {
      return;
    }
    Files.createDirectories(output);
    for (Map.Entry<String, Tensor> entry : outputs.entrySet()) {
      // Names come from the model: nothing but the directory may be reached through them.
      String name = entry.getKey().replaceAll("[^A-Za-z0-9._-]", "_").replaceAll("^\\.", "_");
      NpyFile.write(output.resolve(name + ".npy"), entry.getValue());
    }
  }

  private static double since(long start) {
    return (System.nanoTime() - start) / 1e6;
  }
}
