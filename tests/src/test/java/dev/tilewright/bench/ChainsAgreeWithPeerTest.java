package dev.tilewright.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.graph.Interpreter;
import dev.tilewright.graph.RandomElements;
import dev.tilewright.onnx.OnnxExporter;
import dev.tilewright.tensor.Tensor;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What joined chains of elementwise operators are held to (JoiningTest), against the peer. */
class ChainsAgreeWithPeerTest {
  private static final double TOLERANCE = 1e-5;

  @Test
  void chainsAgree() {
    for (long seed = 0; seed < 100; seed++) {
      RandomElements elements = new RandomElements(seed);
      Map<String, Tensor> want = Interpreter.run(elements.graph(), elements.inputs());
      byte[] file = OnnxExporter.write(elements.graph());
      try (OrtContender peer = new OrtContender(file, elements.inputs(), 1)) {
        peer.run();
        assertThat(Agreement.of(peer.outputs(), want).error())
            .as("%s", elements)
            .isLessThan(TOLERANCE);
      }
    }
  }
}
