package dev.tilewright.bench;

import dev.tilewright.Model;
import dev.tilewright.cli.JsonOutput;
import dev.tilewright.cli.ShapeArguments;
import dev.tilewright.cli.Table;
import dev.tilewright.cli.Verb;
import dev.tilewright.onnx.Signature;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** A verb that times models: which, and what they are fed. */
abstract class ModelsGiven implements Verb {
  @Parameters(
      arity = "1..*",
      paramLabel = "MODEL",
      description = "ONNX files, or ppocr-det, ppocr-rec, ppocr-cls")
  private List<String> models = new ArrayList<>();

  @Option(names = "--shape", paramLabel = "NAME=1x3x224x224", description = "Shape of an input")
  private Map<String, String> shapes = new LinkedHashMap<>();

  @Option(names = "--input", paramLabel = "NAME=FILE", description = "Raw values of an input")
  private Map<String, Path> files = new LinkedHashMap<>();

  /** All of them, read. */
  final List<ModelSource> sources() throws IOException {
    List<ModelSource> sources = new ArrayList<>();
    for (String name : models) {
      sources.add(ModelSource.of(name));
    }
    checkNames(sources);
    return sources;
  }

  /** A name that no model has would be ignored, and something else measured than was asked for. */
  private void checkNames(List<ModelSource> sources) {
    List<Signature> inputs = new ArrayList<>();
    if (!shapes.isEmpty() || !files.isEmpty()) {
      for (ModelSource source : sources) {
        try (Model model = Model.of(source.bytes())) {
          inputs.addAll(model.inputs());
        }
      }
    }
    shapes.keySet().forEach(name -> ShapeArguments.named(inputs, name));
    files.keySet().forEach(name -> ShapeArguments.named(inputs, name));
  }

  /** A tensor for every input: given values, else noise. */
  final Map<String, Tensor> inputs(ModelSource source) throws IOException {
    Map<String, Shape> asked = new LinkedHashMap<>();
    shapes.forEach((name, text) -> asked.put(name, ShapeArguments.parse(text)));
    try (Model model = Model.of(source.bytes())) {
      return Inputs.of(model.inputs(), asked, source.shapes(), files);
    }
  }

  /** Of every input, for a process that makes its own values. */
  final Map<String, Shape> inputShapes(ModelSource source) throws IOException {
    Map<String, Shape> of = new LinkedHashMap<>();
    inputs(source).forEach((name, x) -> of.put(name, x.shape()));
    return of;
  }

  /**
   * Prints where models were measured, then the table, and writes the results if they are wanted.
   *
   * @param notes lines before the table
   */
  static void print(
      Table table, JmhResults results, JsonOutput json, PrintWriter to, String... notes)
      throws IOException {
    PrintWriter out = json.text(to);
    results.environment().print(out);
    for (String note : notes) {
      out.println(note);
    }
    table.print(out);
    out.flush();
    json.write(results.json(), to);
  }
}
