package dev.tilewright;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.graph.Graph;
import dev.tilewright.graph.Interpreter;
import dev.tilewright.onnx.OnnxImporter;
import dev.tilewright.onnx.OnnxModel;
import dev.tilewright.onnx.UnsupportedModelException;
import dev.tilewright.op.Operators;
import dev.tilewright.pass.Passes;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;

/** What networks are trained as becomes what they may run as. Not part of the project's files. */
@DisabledIfSystemProperty(named = "tilewright.test.fixtures", matches = ".+")
class ReparameterisedModelsTest {
  /** Files beside a model that compute the same with less, as its authors would deploy it. */
  private static final List<String> DEPLOYED = List.of("folded.onnx", "split.onnx", "grouped.onnx");

  @Test
  void trainingFormsNeedNoMoreMultiplicationsThanTheDeployedOnes() throws IOException {
    List<String> dearer = new ArrayList<>();
    int compared = 0;
    for (Fixture fixture : Fixture.below(Shared.require("variants/fixtures"))) {
      for (Path deployed : DEPLOYED.stream().map(fixture.folder()::resolve).toList()) {
        if (Files.exists(deployed)) {
          long ours = rewritten(fixture, fixture.folder().resolve("model.onnx")).macs();
          long theirs = imported(fixture, deployed).macs();
          compared++;
          if (ours > theirs) {
            dearer.add(fixture.name() + ": " + ours + " > " + theirs);
          }
        }
      }
    }
    assertThat(compared).isGreaterThan(45);
    assertThat(dearer).isEmpty();
  }

  @Test
  void rewritingKeepsTheOutputsOfAllKnownCases() throws IOException {
    List<String> wrong = new ArrayList<>();
    int compared = 0;
    for (Fixture fixture : Fixture.below(Shared.require("variants/fixtures"))) {
      try (Stream<Path> files = Files.list(fixture.folder())) {
        for (Path file : files.filter(f -> f.toString().endsWith(".onnx")).sorted().toList()) {
          String difference = difference(fixture, file);
          compared++;
          if (difference != null) {
            wrong.add(fixture.name() + "/" + file.getFileName() + ": " + difference);
          }
        }
      } catch (UnsupportedModelException e) {
        compared++; // SharedFixturesTest lists them
      }
    }
    assertThat(compared).isGreaterThan(100);
    assertThat(wrong).isEmpty();
  }

  private static @Nullable String difference(Fixture fixture, Path file) throws IOException {
    Graph before = imported(fixture, file);
    Graph after = Passes.standard(before, Operators::evaluate);
    Map<String, Tensor> inputs = fixture.inputs();
    Map<String, Tensor> want = Interpreter.run(before, inputs);
    Map<String, Tensor> got = Interpreter.run(after, inputs);
    for (Map.Entry<String, Tensor> output : want.entrySet()) {
      Tensor w = output.getValue();
      Tensor g = got.get(output.getKey());
      if (!w.type().equals(g.type())) {
        return output.getKey() + " is " + g.type() + ", was " + w.type();
      }
      if (w.dtype() != DType.FLOAT32) {
        if (w.data().mismatch(g.data()) >= 0) {
          return output.getKey() + " differs";
        }
        continue;
      }
      float[] a = w.toFloats();
      float[] b = g.toFloats();
      double largest = 0;
      for (float v : a) {
        largest = Math.max(largest, Float.isFinite(v) ? Math.abs(v) : 0);
      }
      for (int i = 0; i < a.length; i++) {
        // The tolerance of whole models: sums are ordered otherwise, layer after layer.
        double allowed = 1e-4 + 1e-3 * Math.abs(a[i]) + 1e-5 * largest;
        if (Float.compare(a[i], b[i]) != 0 && !(Math.abs((double) a[i] - b[i]) <= allowed)) {
          return output.getKey() + "[" + i + "] is " + b[i] + ", was " + a[i];
        }
      }
    }
    return null;
  }

  private static Graph rewritten(Fixture fixture, Path file) throws IOException {
    return Passes.standard(imported(fixture, file), Operators::evaluate);
  }

  private static Graph imported(Fixture fixture, Path file) throws IOException {
    OnnxModel model = OnnxModel.read(MemorySegment.ofArray(Files.readAllBytes(file)));
    Map<String, Shape> shapes = new LinkedHashMap<>();
    fixture.inputs().forEach((name, tensor) -> shapes.put(name, tensor.shape()));
    return OnnxImporter.graph(model, shapes, Operators::evaluate);
  }
}
