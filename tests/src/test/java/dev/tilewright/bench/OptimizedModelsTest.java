package dev.tilewright.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.Fixture;
import dev.tilewright.KnownModels;
import dev.tilewright.Model;
import dev.tilewright.Session;
import dev.tilewright.SessionOptions;
import dev.tilewright.graph.Graph;
import dev.tilewright.graph.Interpreter;
import dev.tilewright.graph.RandomGraphs;
import dev.tilewright.onnx.OnnxExporter;
import dev.tilewright.onnx.OnnxImporter;
import dev.tilewright.onnx.OnnxModel;
import dev.tilewright.onnx.SampleModels;
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
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the exporter writes runs elsewhere, with the same outputs, and can be read back. */
class OptimizedModelsTest {
  /** Of whole models in float32, whose sums are ordered otherwise. */
  private static final double TOLERANCE = 1e-4;

  /** Operators that the exporter refuses in some of their forms. */
  private static final Set<String> PARTLY = Set.of("Resize");

  static Stream<OneNode> operators() {
    return Stream.of(
            OperatorsAgreeWithPeerTest.operators(),
            ElementwiseAgreesWithPeerTest.operators(),
            ImagesAgreeWithPeerTest.operators(),
            IndexingAgreesWithPeerTest.operators(),
            QuantizedAgreesWithPeerTest.operators(),
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
      assertThat(PARTLY).contains(node.op());
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

  static Stream<KnownModels.Known> networks() {
    return KnownModels.shared().stream();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("networks")
  void networksAreWritten(KnownModels.Known known) {
    Map<String, Tensor> inputs = new LinkedHashMap<>();
    try (Model model = Model.of(known.bytes())) {
      Random random = new Random(5);
      known.shapes(model).forEach((name, shape) -> inputs.put(name, noise(random, shape)));
    }
    byte[] written = optimized(known.bytes(), inputs);
    Map<String, Tensor> want = ours(known.bytes(), inputs);
    assertThat(Agreement.of(ours(written, inputs), want).error())
        .as("read back")
        .isLessThan(TOLERANCE);
    Map<String, Tensor> there = theirs(written, inputs);
    switch (known.name()) {
      // Where all sums are integers, both are exact; of the original the peer rounds otherwise.
      case "mobilenetv2_int8.onnx" -> assertThat(Agreement.of(there, want).error()).isZero();
      // Floats summed between quantisations: as RealModelsTest has it, see docs/numerics.md.
      case "mobilenetv2_qdq.onnx" -> {
        byte[] smooth = named("mobilenetv2_fp32.onnx");
        double noise = Math.sqrt(2) * rms(ours(smooth, inputs), want);
        assertThat(rms(there, want)).isLessThanOrEqualTo(noise);
      }
      default ->
          assertThat(Agreement.of(there, theirs(known.bytes(), inputs)).error())
              .isLessThan(TOLERANCE);
    }
  }

  private static byte[] named(String name) {
    return networks().filter(k -> k.name().equals(name)).findFirst().orElseThrow().bytes();
  }

  private static byte[] optimized(byte[] model, Map<String, Tensor> inputs) {
    Graph graph = imported(model, inputs);
    return OnnxExporter.write(Passes.portable(graph, Operators::evaluate, (pass, after) -> {}));
  }

  private static Map<String, Tensor> ours(byte[] bytes, Map<String, Tensor> inputs) {
    try (Model model = Model.of(bytes);
        Session session = model.session(SessionOptions.defaults())) {
      return session.run(inputs);
    }
  }

  private static Map<String, Tensor> theirs(byte[] bytes, Map<String, Tensor> inputs) {
    try (OrtContender peer = new OrtContender(bytes, inputs, 1)) {
      peer.run();
      return peer.outputs();
    }
  }

  /** Of the only output, whatever its name. */
  private static double rms(Map<String, Tensor> a, Map<String, Tensor> b) {
    float[] x = a.values().iterator().next().toFloats();
    float[] y = b.values().iterator().next().toFloats();
    double sum = 0;
    for (int i = 0; i < x.length; i++) {
      sum += ((double) x[i] - y[i]) * ((double) x[i] - y[i]);
    }
    return Math.sqrt(sum / x.length);
  }

  @Test
  void halvesAreWrittenAsTheFloatsThatTheyAreHere() {
    Tensor x = Tensor.of(Shape.of(1, 6), -1, 0.5f, 1, 3, 1024, 0);
    check("halves", SampleModels.halves(), Map.of("x", x));
  }

  @Test
  void theOpsetIsTheLowestThatDoes() {
    Tensor x = Samples.floats(1, 1, 2, 6, 6);
    OneNode pool = OneNode.of("AveragePool", 19).input("x", x);
    OneNode plain = pool.attribute("kernel_shape", List.of(2L, 2L));
    OneNode dilated = plain.attribute("dilations", List.of(2L, 2L));
    assertThat(opset(plain)).isEqualTo(17);
    assertThat(opset(dilated)).isEqualTo(19);
  }

  private static int opset(OneNode node) {
    byte[] written = optimized(node.bytes(), node.inputs());
    return OnnxModel.read(MemorySegment.ofArray(written)).opsets().get("");
  }

  private static Tensor noise(Random random, Shape shape) {
    float[] values = new float[Math.toIntExact(shape.elements())];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return Tensor.of(shape, values);
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
