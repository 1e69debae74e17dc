package dev.tilewright.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.Fixture;
import dev.tilewright.graph.Graph;
import dev.tilewright.graph.Interpreter;
import dev.tilewright.graph.RandomGraphs;
import dev.tilewright.onnx.OnnxExporter;
import dev.tilewright.onnx.OnnxImporter;
import dev.tilewright.onnx.OnnxModel;
import dev.tilewright.onnx.UnsupportedModelException;
import dev.tilewright.op.Operators;
import dev.tilewright.pass.Passes;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the exporter writes runs elsewhere, with the same outputs, and can be read back. */
class OptimizedModelsTest {
  /** Of whole models in float32, whose sums are ordered otherwise. */
  private static final double TOLERANCE = 1e-4;

  /** Operators that need a later opset than the exporter writes, in some or all of their forms. */
  private static final Set<String> LATER =
      Set.of(
          "AveragePool",
          "BitwiseAnd",
          "BitwiseOr",
          "BitwiseXor",
          "Pad",
          "Resize",
          "ScatterND",
          "ScatterElements");

  static Stream<OneNode> operators() {
    return Stream.of(
            OperatorsAgreeWithPeerTest.operators(),
            ElementwiseAgreesWithPeerTest.operators(),
            ImagesAgreeWithPeerTest.operators(),
            IndexingAgreesWithPeerTest.operators(),
            ResizeAgreesWithPeerTest.operators())
        .flatMap(cases -> cases);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("operators")
  void everyOperatorIsWritten(OneNode node) throws IOException {
    try {
      check(node.toString(), node.bytes(), node.inputs());
    } catch (UnsupportedModelException e) {
      assertThat(e.missing()).allMatch(missing -> missing.startsWith("writing node '"));
      assertThat(LATER).contains(node.op());
    }
  }

  static Stream<Fixture> fixtures() throws URISyntaxException {
    return Fixture.bundled().stream();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("fixtures")
  void smallModelsAreWritten(Fixture fixture) throws IOException {
    check(fixture.name(), fixture.model(), fixture.inputs());
  }

  /** Where a file moves dimensions itself, some of it may stay. */
  private static final Set<String> MOVES =
      Set.of("Transpose", "Reshape", "Unsqueeze", "DepthToSpace", "SpaceToDepth", "Einsum");

  @Test
  void imagesAreNotTransposedBetweenLayers() throws IOException, URISyntaxException {
    List<String> transposed = new ArrayList<>();
    int plain = 0;
    for (Fixture fixture : Fixture.bundled()) {
      if (count(fixture.model(), MOVES) > 0) {
        continue;
      }
      plain++;
      Graph graph = imported(fixture.model(), fixture.inputs());
      Graph portable = Passes.portable(graph, Operators::evaluate, (pass, after) -> {});
      if (count(OnnxExporter.write(portable), Set.of("Transpose")) > 0) {
        transposed.add(fixture.name());
      }
    }
    assertThat(plain).isGreaterThan(30);
    assertThat(transposed).isEmpty();
  }

  private static long count(byte[] bytes, Set<String> operators) {
    return OnnxModel.read(MemorySegment.ofArray(bytes)).nodes().stream()
        .filter(node -> operators.contains(node.opType()))
        .count();
  }

  @Test
  void arbitraryGraphsAreWritten() {
    for (long seed = 0; seed < 200; seed++) {
      RandomGraphs.Case c = RandomGraphs.of(seed);
      Map<String, Tensor> want = Interpreter.run(c.graph(), c.inputs());
      for (Graph graph : new Graph[] {c.graph(), Passes.standard(c.graph(), Operators::evaluate)}) {
        agree("seed " + seed, OnnxExporter.write(graph), c.inputs(), want);
      }
    }
  }

  private static void check(String name, byte[] bytes, Map<String, Tensor> inputs) {
    Graph graph = imported(bytes, inputs);
    Map<String, Tensor> want = Interpreter.run(graph, inputs);
    Graph portable = Passes.portable(graph, Operators::evaluate, (pass, after) -> {});
    agree(name, OnnxExporter.write(portable), inputs, want);
    // Fused operators are taken apart again.
    Graph fused = Passes.standard(graph, Operators::evaluate);
    agree(name + " (fused)", OnnxExporter.write(fused), inputs, want);
  }

  private static void agree(
      String name, byte[] bytes, Map<String, Tensor> inputs, Map<String, Tensor> want) {
    assertThat(OnnxExporter.write(imported(bytes, inputs))).isNotEmpty();
    Map<String, Tensor> again = Interpreter.run(imported(bytes, inputs), inputs);
    assertThat(Agreement.of(again, want).error()).as(name + ", read back").isLessThan(TOLERANCE);
    try (OrtContender peer = new OrtContender(bytes, inputs, 1)) {
      peer.run();
      assertThat(peer.outputs().keySet()).as(name).containsExactlyElementsOf(want.keySet());
      assertThat(Agreement.of(peer.outputs(), want).error()).as(name).isLessThan(TOLERANCE);
    }
  }

  private static Graph imported(byte[] bytes, Map<String, Tensor> inputs) {
    OnnxModel model = OnnxModel.read(MemorySegment.ofArray(bytes));
    Map<String, Shape> shapes = new LinkedHashMap<>();
    inputs.forEach((name, tensor) -> shapes.put(name, tensor.shape()));
    return OnnxImporter.graph(model, shapes, Operators::evaluate);
  }
}
