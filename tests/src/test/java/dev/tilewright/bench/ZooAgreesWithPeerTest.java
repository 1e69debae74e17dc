package dev.tilewright.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.Model;
import dev.tilewright.SessionOptions;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tuning.SessionContender;
import dev.tilewright.zoo.Entries;
import dev.tilewright.zoo.TinyDetector;
import dev.tilewright.zoo.Zoo;
import dev.tilewright.zoo.block.KeypointHead;
import dev.tilewright.zoo.build.Blueprint;
import dev.tilewright.zoo.build.WeightSource;
import dev.tilewright.zoo.network.RegionCnn;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the zoo exports is a model that ONNX Runtime runs, with the same outputs. */
class ZooAgreesWithPeerTest {
  /** Of the largest value, for whole models in float32, whose sums are ordered otherwise. */
  private static final double TOLERANCE = 1e-4;

  /**
   * Of what lies under boxes that are found: it moves with its box, whose sides may be wrong by
   * {@link #TOLERANCE} of 96 pixels, a hundredth of one, and masks and maps of keypoints rise from
   * nothing to their largest value over some five pixels of the image.
   */
  private static final double UNDER_BOXES = 2e-3;

  /** Those that have more are larger versions of others. */
  private static final long PARAMETERS = 50_000_000;

  /**
   * Detectors with random weights are left to {@link #detectorsAgreeWithPeer}: of a million pairs
   * of boxes some overlap by what their suppression asks for, to the last bit.
   */
  static Stream<Zoo.Entry> entries() {
    return Entries.all()
        .filter(entry -> !entry.name().contains("rcnn"))
        .filter(entry -> Entries.small(entry).parameters() < PARAMETERS);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("entries")
  void agreesWithPeer(Zoo.Entry entry) {
    agree(Entries.small(entry), TOLERANCE);
  }

  static Stream<RegionCnn> detectors() {
    return Stream.of(
        TinyDetector.of(5, Optional.empty()),
        TinyDetector.of(4, Optional.of(RegionCnn.masks(4))),
        TinyDetector.of(2, Optional.of(RegionCnn.keypoints(new KeypointHead(3, 8)))));
  }

  @ParameterizedTest
  @MethodSource("detectors")
  void detectorsAgreeWithPeer(RegionCnn detector) {
    double tolerance = detector.more().isPresent() ? UNDER_BOXES : TOLERANCE;
    agree(Blueprint.of(detector, Shape.of(2, 3, 64, 96)), tolerance);
  }

  private static void agree(Blueprint blueprint, double tolerance) {
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
      assertThat(agreement.error()).isLessThan(tolerance);
    }
  }
}
