package dev.tilewright.fuzz;

import dev.tilewright.graph.Graph;
import dev.tilewright.onnx.ModelFormatException;
import dev.tilewright.onnx.OnnxImporter;
import dev.tilewright.onnx.OnnxModel;
import dev.tilewright.onnx.UnsupportedModelException;
import dev.tilewright.op.Operators;
import dev.tilewright.pass.Passes;
import dev.tilewright.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.Map;

/** Any model becomes a graph and is rewritten, or what {@link OnnxImporter#graph} documents. */
public final class ImporterFuzz {
  private ImporterFuzz() {}

  /** Called by Jazzer before it takes the time of inputs: the first ones instrument the classes. */
  public static void fuzzerInitialize() {
    Seeds.all().forEach(ImporterFuzz::outcome);
  }

  /** The entry that Jazzer calls. */
  public static void fuzzerTestOneInput(byte[] data) {
    outcome(Inputs.model(data));
  }

  /** How it went, in a word. */
  static String outcome(byte[] bytes) {
    try {
      OnnxModel model = OnnxModel.read(MemorySegment.ofArray(bytes));
      Map<String, Shape> shapes = Inputs.shapes(model.inputs());
      if (shapes == null) {
        return "too large";
      }
      Graph graph = OnnxImporter.graph(model, shapes, Operators::evaluate);
      Passes.standard(graph, Operators::evaluate);
      return "good";
    } catch (ModelFormatException | UnsupportedModelException documented) {
      return documented.getClass().getSimpleName();
    }
  }
}
