package dev.tilewright.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.Model;
import dev.tilewright.SessionOptions;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tuning.SessionContender;
import dev.tilewright.zoo.Entries;
import dev.tilewright.zoo.Zoo;
import dev.tilewright.zoo.build.Blueprint;
import dev.tilewright.zoo.build.WeightSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the zoo exports is a model that ONNX Runtime runs, with the same outputs. */
class ZooAgreesWithPeerTest {
  /** Of the largest value, for whole models in float32, whose sums are ordered otherwise. */
  private static final double TOLERANCE = 1e-4;

  /** Those that have more are larger versions of others. */
  private static final long PARAMETERS = 50_000_000;

  static Stream<Zoo.Entry> entries() {
    return Entries.all().filter(entry -> Entries.small(entry).parameters() < PARAMETERS);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("entries")
  void agreesWithPeer(Zoo.Entry entry) {
    Blueprint blueprint = Entries.small(entry);
    byte[] file = blueprint.file(WeightSource.seeded(7));
    Map<String, Tensor> inputs = new LinkedHashMap<>();
    SplittableRandom random = new SplittableRandom(7);
    blueprint
        .inputs()
        .forEach((name, shape) -> {
          float[] values = new float[(int) shape.elements()];
          for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextDouble(-1, 1);
          }
          inputs.put(name, Tensor.of(shape, values));
        });
    try (OrtContender peer = new OrtContender(file, inputs, 1);
        Model model = Model.of(file);
        SessionContender ours =
            new SessionContender(model, inputs, new SessionOptions(2, "auto"))) {
      peer.run();
      ours.run();
      assertThat(ours.outputs().keySet()).isEqualTo(blueprint.outputs().keySet());
      Agreement agreement = Agreement.of(ours.outputs(), peer.outputs());
      assertThat(agreement.error()).isLessThan(TOLERANCE);
    }
  }
}
