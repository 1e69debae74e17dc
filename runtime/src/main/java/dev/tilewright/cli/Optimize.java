package dev.tilewright.cli;

import dev.tilewright.graph.Graph;
import dev.tilewright.graph.Node;
import dev.tilewright.graph.Value;
import dev.tilewright.onnx.OnnxExporter;
import dev.tilewright.onnx.OnnxImporter;
import dev.tilewright.onnx.OnnxModel;
import dev.tilewright.onnx.Stage;
import dev.tilewright.op.Operators;
import dev.tilewright.pass.Passes;
import dev.tilewright.tensor.Shape;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
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

/** Writes a model as it is after the rewrites that any runtime profits from. */
@Command(
    name = "optimize",
    description =
        "Rewrite a model so that it computes the same with less, for Tilewright or any other"
            + " runtime: an ONNX file of opset 17 (later if a node needs it) for fixed input"
            + " sizes.",
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  tilewright optimize repvgg.onnx -o deploy.onnx",
      "  tilewright optimize model.onnx --shape input=8x3x320x320 --dry-run",
      "",
      "Normalisation and parallel or consecutive linear layers fold into convolutions, duplicates",
      "and arithmetic on constants go. --dry-run shows what each rewrite does."
    })
public final class Optimize implements Verb, Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;

  @Parameters(paramLabel = "MODEL", description = "An ONNX file.")
  private Path model = Path.of("");

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      description = "The file to write.")
  private @Nullable Path output;

  @Option(names = "--force", description = "Replace the file if it exists.")
  private boolean force;

  @Option(names = "--dry-run", description = "Write nothing, show what would change.")
  private boolean dryRun;

  @Mixin private ShapeArguments shapes = new ShapeArguments();

  @Option(names = "--json", description = "Print one JSON object instead of text.")
  private boolean json;

  /** What a graph costs, after a pass. */
  private record Size(String pass, long macs, long weights, long activations, int nodes) {
    static Size of(String pass, Graph graph) {
      return new Size(
          pass,
          graph.macs(),
          graph.constants().keySet().stream().mapToLong(v -> v.type().bytes()).sum(),
          graph.nodes().stream().map(Node::output).mapToLong(Size::bytes).sum(),
          graph.nodes().size());
    }

    private static long bytes(Value value) {
      return value.type().bytes();
    }

    boolean isLike(Size other) {
      return macs == other.macs
          && weights == other.weights
          && activations == other.activations
          && nodes == other.nodes;
    }
  }

  @Override
  public Integer call() throws IOException {
    Path target = output;
    // Shared: several threads read what is folded.
    try (Arena arena = Arena.ofShared();
        FileChannel channel = FileChannel.open(ModelFile.require(model), StandardOpenOption.READ)) {
      MemorySegment bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
      OnnxModel onnx = OnnxModel.read(bytes);
      OnnxImporter.check(onnx);
      if (target == null && !dryRun) {
        throw new BadInputException("name the file to write with -o, or try --dry-run");
      }
      if (target != null && !dryRun) {
        checkTarget(target);
      }
      Map<String, Shape> sizes = shapes.all(onnx.inputs());
      Stage first = OnnxImporter.first(onnx, sizes, Operators::evaluate);
      List<String> waiting = first.waiting();
      // What waits for data is in no single graph: of such a model the first stage can be shown.
      Graph imported =
          dryRun ? first.graph() : OnnxImporter.graph(onnx, sizes, Operators::evaluate);
      List<Size> stages = new ArrayList<>(List.of(Size.of("as imported", imported)));
      Graph graph =
          Passes.portable(
              imported, Operators::evaluate, (pass, after) -> stages.add(Size.of(pass, after)));
      byte[] written = waiting.isEmpty() ? OnnxExporter.write(graph) : new byte[0];
      Map<String, Object> report = new LinkedHashMap<>();
      report.put("model", model.toString());
      report.put("assumed", shapes.assumption(onnx.inputs()));
      report.put("nodesBefore", onnx.nodes().size());
      report.put("nodesAfter", waiting.isEmpty() ? nodes(written) : null);
      report.put("bytesBefore", channel.size());
      report.put("bytesAfter", waiting.isEmpty() ? written.length : null);
      report.put("waiting", waiting);
      report.put("output", dryRun ? null : String.valueOf(target));
      if (target != null && !dryRun) {
        write(target, written);
      }
      print(report, waiting, stages);
    }
    return 0;
  }

  private static int nodes(byte[] written) {
    return OnnxModel.read(MemorySegment.ofArray(written)).nodes().size();
  }

  private void checkTarget(Path target) {
    Path folder = target.toAbsolutePath().getParent();
    if (Files.isDirectory(target)) {
      throw new BadInputException(target + " is a directory, name the file to write");
    }
    if (folder == null || !Files.isDirectory(folder)) {
      throw new BadInputException("no such directory: " + folder);
    }
    if (Files.exists(target) && !force) {
      throw new BadInputException(target + " exists; --force replaces it");
    }
  }

  /** All of it or nothing; the model may be replaced by itself, which is mapped until then. */
  private static void write(Path target, byte[] bytes) throws IOException {
    Path folder = target.toAbsolutePath().getParent();
    Path part = Files.createTempFile(folder, "optimize", ".part");
    try {
      Files.write(part, bytes);
      Files.move(part, target, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(part);
    }
  }

  private void print(Map<String, Object> report, List<String> waiting, List<Size> stages) {
    PrintWriter out = Console.out(spec);
    if (json) {
      List<Map<String, Object>> rows = new ArrayList<>();
      for (Size stage : stages) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("pass", stage.pass);
        row.put("macs", stage.macs);
        row.put("weightBytes", stage.weights);
        row.put("activationBytes", stage.activations);
        row.put("nodes", stage.nodes);
        rows.add(row);
      }
      report.put("stages", rows);
      out.println(Json.of(report));
      return;
    }
    Table table = new Table("after", "MACs", "weights, bytes", "activations, bytes", "nodes");
    Size last = null;
    for (Size s : stages) {
      if (last == null || !s.isLike(last)) {
        table.row(s.pass, number(s.macs), number(s.weights), number(s.activations), s.nodes);
      }
      last = s;
    }
    table.print(out);
    if (report.get("assumed") != null) {
      out.println("for " + report.get("assumed"));
    }
    if (!waiting.isEmpty()) {
      out.println(
          "this is the first stage; "
              + waiting.size()
              + " nodes depend on what it computes, from "
              + waiting.getFirst()
              + " on: they are not counted, and no file can be written");
      return;
    }
    out.printf(
        Locale.ROOT,
        "%s: %s nodes in %s bytes, were %s in %s%n",
        dryRun ? "would write" : report.get("output"),
        report.get("nodesAfter"),
        report.get("bytesAfter"),
        report.get("nodesBefore"),
        report.get("bytesBefore"));
  }

  private static String number(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }
}
