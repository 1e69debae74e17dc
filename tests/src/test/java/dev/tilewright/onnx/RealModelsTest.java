package dev.tilewright.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tilewright.graph.Graph;
import dev.tilewright.op.Operators;
import dev.tilewright.tensor.Shape;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Published models, where a folder of them is at hand. */
final class RealModelsTest {
  @ParameterizedTest
  @CsvSource({
    "mobilenetv2_fp32.onnx, [1x1000], 300774272",
    "squeezenet_fp32.onnx, [1x1000x1x1], 349151936",
    "ultraface_rfb320.onnx, [1x4420x2] [1x4420x4], 100418560",
    "yolox_nano.onnx, [1x3549x85], 522553408",
    "mlsd_320x320_tiny.onnx, [1x160x160x4] [1x160x160x1], 1649100800",
    "mnist_8/model.onnx, [1x10], 786560",
    "super_resolution_10/model.onnx, [1x1x672x672], 2984869888",
  })
  void becomeGraphs(String file, String shapes, long macs) throws IOException {
    OnnxModel model = read(file);
    Map<String, Shape> inputs = new HashMap<>();
    for (Signature input : model.inputs()) {
      List<Integer> dims = input.dims().stream().map(d -> d.isOpen() ? 1 : d.size()).toList();
      inputs.put(input.name(), new Shape(dims));
    }
    Graph graph = OnnxImporter.graph(model, inputs, Operators::evaluate);
    assertThat(graph.outputs().values().stream().map(v -> v.shape().toString()).toList())
        .containsExactly(shapes.split(" "));
    assertThat(graph.macs()).isEqualTo(macs);
  }

  private static OnnxModel read(String file) throws IOException {
    String shared = System.getenv().getOrDefault("TILEWRIGHT_SHARED", "../../shared");
    Path path = Path.of(shared, "models", file);
    assumeTrue(Files.exists(path), () -> "no model " + path + "; set TILEWRIGHT_SHARED");
    return OnnxModel.read(MemorySegment.ofArray(Files.readAllBytes(path)));
  }
}
