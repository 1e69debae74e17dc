package dev.tilewright.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.Model;
import dev.tilewright.SessionOptions;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tuning.SessionContender;
import dev.tilewright.zoo.Entries;
import dev.tilewright.zoo.RecordedOutputs;
import dev.tilewright.zoo.TinyDetector;
import dev.tilewright.zoo.Zoo;
import dev.tilewright.zoo.block.KeypointHead;
import dev.tilewright.zoo.build.Blueprint;
import dev.tilewright.zoo.build.WeightSource;
import dev.tilewright.zoo.network.RegionCnn;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the zoo exports is a model that ONNX Runtime runs, with the same outputs. */
class ZooAgreesWithPeerTest {
  /** Of the largest value, for whole models in float32, whose sums are ordered otherwise. */
  private static final double TOLERANCE = 1e-4;

  private static final WeightSource WEIGHTS = WeightSource.seeded(7);

  /** For detectors. */
  private static final Shape IMAGES = Shape.of(2, 3, 64, 96);

  /** Boxes, classes and scores of each image, then what is said of them. */
  private static final int EACH = 4;

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
    Blueprint blueprint = Entries.small(entry);
    byte[] file = blueprint.file(WEIGHTS);
    Map<String, Tensor> inputs = inputs(blueprint);
    Map<String, Tensor> ours = ours(file, inputs);
    agree(blueprint, ours, theirs(file, inputs));
    RecordedOutputs.check(entry.name(), ours.values(), TOLERANCE);
  }

  static Stream<RegionCnn> detectors() {
    return Stream.of(
        TinyDetector.of(5, Optional.empty()),
        TinyDetector.of(4, Optional.of(RegionCnn.masks(4))),
        TinyDetector.of(2, Optional.of(RegionCnn.keypoints(new KeypointHead(3, 8)))));
  }

  /**
   * What is said of a detection lies under its box, which is found with an error of its own. So it
   * is compared twice: what ours says of the peer's boxes with what the peer says, and what ours
   * says of its own boxes, alone and as part of the whole.
   */
  @ParameterizedTest
  @MethodSource("detectors")
  void detectorsAgreeWithPeer(RegionCnn detector) {
    Blueprint whole = Blueprint.of(detector, IMAGES);
    Map<String, Tensor> inputs = inputs(whole);
    WeightSource weights = seeing(whole, inputs, detector.more().isPresent() ? EACH : EACH - 1);
    byte[] file = whole.file(weights);
    Map<String, Tensor> ours = ours(file, inputs);
    Map<String, Tensor> theirs = theirs(file, inputs);
    if (detector.more().isEmpty()) {
      agree(whole, ours, theirs);
      return;
    }
    assertThat(ours.keySet()).isEqualTo(whole.outputs().keySet());
    agree(found(ours), found(theirs));
    for (Map<String, Tensor> side : List.of(ours, theirs)) {
      Blueprint about = Blueprint.of(detector.about(given(side)), IMAGES);
      agree(ours(about.file(weights), inputs), said(side));
    }
  }

  /**
   * The first weights that find something in each image.
   *
   * @param each outputs of an image, of which the first has as many rows as were found
   */
  private static WeightSource seeing(Blueprint network, Map<String, Tensor> inputs, int each) {
    return IntStream.rangeClosed(7, 30)
        .mapToObj(ZooAgreesWithPeerTest::nearAnchors)
        .filter(weights -> {
          List<Tensor> outputs = List.copyOf(ours(network.file(weights), inputs).values());
          return IntStream.iterate(0, i -> i < outputs.size(), i -> i + each)
              .allMatch(i -> outputs.get(i).shape().dim(0) > 0);
        })
        .findFirst()
        .orElseThrow();
  }

  /**
   * Seeded weights with which proposals lie near their anchors, as they do where training starts
   * (torchvision draws these weights from N(0, 0.01)). Boxes moved by more than their own size make
   * rounding errors a hundred times as large: where pixels differ by 1e-6 the peer's own boxes
   * differ by up to 6e-4 of an image.
   */
  private static WeightSource nearAnchors(long seed) {
    return parameters -> {
      Map<String, Tensor> tensors =
          new LinkedHashMap<>(WeightSource.seeded(seed).weights(parameters));
      tensors.replaceAll((name, x) -> name.startsWith("rpn.head.bbox_pred.") ? hundredth(x) : x);
      return tensors;
    };
  }

  private static Tensor hundredth(Tensor x) {
    float[] values = x.toFloats();
    for (int i = 0; i < values.length; i++) {
      values[i] /= 100;
    }
    return Tensor.of(x.shape(), values);
  }

  private static List<List<Tensor>> given(Map<String, Tensor> outputs) {
    List<Tensor> all = List.copyOf(outputs.values());
    return IntStream.range(0, all.size() / EACH)
        .mapToObj(image -> all.subList(EACH * image, EACH * image + EACH - 1))
        .toList();
  }

  private static Map<String, Tensor> found(Map<String, Tensor> outputs) {
    Map<String, Tensor> found = new LinkedHashMap<>();
    given(outputs).forEach(image -> image.forEach(values -> found.put("y" + found.size(), values)));
    return found;
  }

  /** Under the names that {@link RegionCnn#about} has for it. */
  private static Map<String, Tensor> said(Map<String, Tensor> outputs) {
    List<Tensor> all = List.copyOf(outputs.values());
    Map<String, Tensor> said = new LinkedHashMap<>();
    for (int i = EACH - 1; i < all.size(); i += EACH) {
      said.put("y" + i / EACH, all.get(i));
    }
    return said;
  }

  private static Map<String, Tensor> inputs(Blueprint blueprint) {
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
    return inputs;
  }

  private static Map<String, Tensor> ours(byte[] file, Map<String, Tensor> inputs) {
    try (Model model = Model.of(file);
        SessionContender ours =
            new SessionContender(model, inputs, new SessionOptions(2, "auto"))) {
      ours.run();
      Map<String, Tensor> kept = new LinkedHashMap<>();
      ours.outputs().forEach((name, values) -> kept.put(name, kept(values)));
      return kept;
    }
  }

  /** Beyond the session. */
  private static Tensor kept(Tensor values) {
    return new Tensor(
        values.type(), MemorySegment.ofArray(values.data().toArray(ValueLayout.JAVA_BYTE)));
  }

  private static Map<String, Tensor> theirs(byte[] file, Map<String, Tensor> inputs) {
    try (OrtContender peer = new OrtContender(file, inputs, 1)) {
      peer.run();
      return peer.outputs();
    }
  }

  private static void agree(
      Blueprint blueprint, Map<String, Tensor> ours, Map<String, Tensor> theirs) {
    assertThat(ours.keySet()).isEqualTo(blueprint.outputs().keySet());
    agree(ours, theirs);
  }

  private static void agree(Map<String, Tensor> ours, Map<String, Tensor> theirs) {
    assertThat(Agreement.of(ours, theirs).error()).isLessThan(TOLERANCE);
  }
}
