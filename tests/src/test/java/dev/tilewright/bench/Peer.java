package dev.tilewright.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.Model;
import dev.tilewright.SessionOptions;
import dev.tilewright.tuning.SessionContender;

/** ONNX Runtime as the oracle of one node. */
final class Peer {
  /** Of the largest value: a few hundred roundings. */
  private static final double TOLERANCE = 1e-5;

  private Peer() {}

  static void agrees(OneNode node) {
    byte[] bytes = node.bytes();
    try (OrtContender peer = new OrtContender(bytes, node.inputs(), 1);
        Model model = Model.of(bytes);
        SessionContender ours =
            new SessionContender(model, node.inputs(), new SessionOptions(2, "auto"))) {
      peer.run();
      ours.run();
      assertThat(ours.outputs().keySet()).containsExactlyElementsOf(node.outputNames());
      assertThat(Agreement.of(ours.outputs(), peer.outputs()).error()).isLessThan(TOLERANCE);
    }
  }
}
