package dev.tilewright.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.Model;
import dev.tilewright.Session;
import dev.tilewright.SessionOptions;
import dev.tilewright.onnx.StagedModels;
import dev.tilewright.tensor.Tensor;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Models whose shapes depend on data, run after run in one session, against ONNX Runtime. */
class StagedModelsAgreeWithPeerTest {
  static List<StagedModels.Case> cases() {
    return StagedModels.all();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void agreesWithOnnxRuntime(StagedModels.Case staged) {
    try (Model model = Model.of(staged.model());
        Session session = model.session(new SessionOptions(2, "auto"))) {
      for (Map<String, Tensor> inputs : staged.runs()) {
        try (OrtContender peer = new OrtContender(staged.model(), inputs, 1)) {
          peer.run();
          Map<String, Tensor> got = session.run(inputs);
          assertThat(got.keySet()).isEqualTo(peer.outputs().keySet());
          got.forEach((name, tensor) ->
              assertThat(tensor.type()).as(name).isEqualTo(peer.outputs().get(name).type()));
          assertThat(Agreement.of(got, peer.outputs()).error()).isLessThan(1e-5);
        }
      }
    }
  }
}
