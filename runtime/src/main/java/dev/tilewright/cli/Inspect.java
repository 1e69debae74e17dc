package dev.tilewright.cli;

import dev.tilewright.Model;
import dev.tilewright.onnx.OnnxImporter;
import dev.tilewright.onnx.OnnxModel;
import dev.tilewright.onnx.OnnxNode;
import dev.tilewright.onnx.Signature;
import dev.tilewright.onnx.UnsupportedModelException;
import dev.tilewright.op.Operators;
import dev.tilewright.plan.Plan;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Says what is in a model file and whether it can run. */
@Command(
    name = "inspect",
    description = "Show what is in a model, and whether Tilewright can run it.",
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  tilewright inspect model.onnx",
      "  tilewright inspect model.onnx --shape input=8x3x320x320 --json",
      "  tilewright inspect model.onnx --memory memory.svg --threads 1",
      "",
      "A model with operators that are not supported is still shown, with a list of them."
    })
public final class Inspect implements Verb, Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;

  @Parameters(paramLabel = "MODEL", description = "An ONNX file.")
  private Path model = Path.of("");

  @Mixin private LoadArguments loading = new LoadArguments();
  @Mixin private ShapeArguments shapes = new ShapeArguments();

  @Mixin private SessionArguments session = new SessionArguments();

  @Option(names = "--json", description = "Print one JSON object instead of text.")
  private boolean json;

  @Option(
      names = "--memory",
      paramLabel = "FILE",
      description =
          "Draw what is in memory at each step of a run, as .svg (names under the mouse) or .png.")
  private @Nullable Path memory;

  @Override
  public Integer call() throws IOException {
    Map<String, Object> facts = new LinkedHashMap<>();
    // Shared: several threads read what is folded.
    try (Arena arena = Arena.ofShared();
        FileChannel channel = FileChannel.open(ModelFile.require(model), StandardOpenOption.READ)) {
      MemorySegment bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
      OnnxModel onnx = OnnxModel.read(bytes, loading.files(model, arena));
      List<String> missing = missing(onnx);
      facts.put("model", model.toString());
      facts.put("bytes", channel.size());
      facts.put("opsets", opsets(onnx));
      facts.put("inputs", onnx.inputs().stream().map(Signature::toString).toList());
      facts.put("outputs", onnx.outputs());
      facts.put("openDimensions", openDimensions(onnx.inputs()));
      facts.put("operators", operators(onnx));
      facts.put(
          "parameters",
          onnx.initializers().values().stream().mapToLong(t -> t.shape().elements()).sum());
      List<String> waiting = missing.isEmpty() ? waiting(onnx) : List.of();
      facts.put("macs", missing.isEmpty() ? macs(onnx.inputs()) : null);
      facts.put("waiting", waiting.isEmpty() ? null : words(waiting));
      facts.put("assumed", shapes.assumption(onnx.inputs()));
      facts.put("notSupported", missing);
    }
    Path chart = memory;
    if (chart != null) {
      drawMemory(chart);
      facts.put("memoryChart", chart.toString());
    }
    PrintWriter out = Console.out(spec);
    if (json) {
      out.println(Json.of(facts));
    } else {
      print(facts, out);
    }
    return 0;
  }

  private static List<String> missing(OnnxModel onnx) {
    try {
      OnnxImporter.check(onnx);
      return List.of();
    } catch (UnsupportedModelException e) {
      return e.missing();
    }
  }

  /** The nodes that depend on data, whose multiply-accumulates only a run can tell. */
  private List<String> waiting(OnnxModel onnx) {
    return OnnxImporter.first(onnx, shapes.all(onnx.inputs()), Operators::evaluate).waiting();
  }

  private static String words(List<String> waiting) {
    return waiting.size() + " nodes depend on data, from " + waiting.getFirst() + " on; no macs";
  }

  /** Of the network as it will run, after passes that may remove some. */
  private long macs(List<Signature> inputs) throws IOException {
    try (Model loaded = loading.load(model)) {
      return loaded.graph(shapes.all(inputs)).macs();
    }
  }

  private void drawMemory(Path file) throws IOException {
    Drawing drawing = Drawing.of(file, MemoryChart.SIZE);
    try (Model loaded = loading.load(model)) {
      Plan plan = loaded.plan(shapes.all(loaded.inputs()), session.options(model));
      MemoryChart.draw(plan, String.valueOf(model.getFileName()), drawing);
    }
    drawing.save(file);
  }

  private static Map<String, Integer> opsets(OnnxModel onnx) {
    Map<String, Integer> opsets = new TreeMap<>();
    onnx.opsets().forEach((domain, n) -> opsets.put(domain.isEmpty() ? "ai.onnx" : domain, n));
    return opsets;
  }

  private static Map<String, Integer> operators(OnnxModel onnx) {
    Map<String, Integer> counts = new TreeMap<>();
    for (OnnxNode node : onnx.nodes()) {
      counts.merge(node.operator(), 1, Integer::sum);
    }
    return counts;
  }

  /** Each as {@code input[axis]} or with the model's own name for it. */
  private static Set<String> openDimensions(List<Signature> inputs) {
    Set<String> open = new LinkedHashSet<>();
    for (Signature input : inputs) {
      for (int axis = 0; axis < input.dims().size(); axis++) {
        Signature.Dim dim = input.dims().get(axis);
        if (dim.isOpen()) {
          String symbol = dim.symbol() == null ? "" : " (" + dim.symbol() + ")";
          open.add(input.name() + "[" + axis + "]" + symbol);
        }
      }
    }
    return open;
  }

  private static void print(Map<String, Object> facts, PrintWriter out) {
    Map<String, String> lines = new LinkedHashMap<>();
    facts.forEach((name, fact) -> {
      switch (fact) {
        case null -> {}
        case Iterable<?> items -> {
          List<String> texts = new ArrayList<>();
          items.forEach(item -> texts.add(String.valueOf(item)));
          if (!texts.isEmpty() && !name.equals("notSupported")) {
            lines.put(name, String.join(", ", texts));
          }
        }
        case Map<?, ?> counts -> {
          List<String> texts = new ArrayList<>();
          counts.forEach((key, count) -> texts.add(key + " " + count));
          lines.put(name, String.join(", ", texts));
        }
        case Long number -> lines.put(name, String.format(Locale.ROOT, "%,d", number));
        default -> lines.put(name, fact.toString());
      }
    });
    lines.forEach((name, line) -> out.printf(Locale.ROOT, "%-15s %s%n", name, line));
    if (facts.get("notSupported") instanceof List<?> missing && !missing.isEmpty()) {
      out.println("not supported:");
      missing.forEach(line -> out.println("  " + line));
    } else {
      out.println("Tilewright can run this model.");
    }
  }
}
