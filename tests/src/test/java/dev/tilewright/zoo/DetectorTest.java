package dev.tilewright.zoo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.tilewright.Model;
import dev.tilewright.Session;
import dev.tilewright.SessionOptions;
import dev.tilewright.onnx.OnnxModel;
import dev.tilewright.onnx.Signature;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.zoo.block.Detections;
import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.Blueprint;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import dev.tilewright.zoo.build.RuleException;
import dev.tilewright.zoo.build.WeightSource;
import dev.tilewright.zoo.network.RegionCnn;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Networks whose outputs are as many as they find. */
class DetectorTest {
  private static final Optional<RegionCnn.More> MASKS = Optional.of(RegionCnn.masks(5));

  private static Tensor photograph(int batch, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] pixels = new float[batch * 3 * 64 * 96];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (float) random.nextDouble();
    }
    return Tensor.of(Shape.of(batch, 3, 64, 96), pixels);
  }

  private static List<Tensor> run(Block network, Tensor images) {
    Blueprint blueprint = Blueprint.of(network, images.shape());
    try (Model model = Model.of(blueprint.file(WeightSource.seeded(3)));
        Session session = model.session(new SessionOptions(2, "auto"))) {
      return List.copyOf(session.run(Map.of("x", images)).values());
    }
  }

  @Test
  void eachImageOfABatchHasItsOwn() {
    RegionCnn network = TinyDetector.of(5, MASKS);
    Tensor both = photograph(2, 1);
    float[] pixels = both.toFloats();
    List<Tensor> found = run(network, both);
    assertThat(found).hasSize(8);
    for (int i = 0; i < 2; i++) {
      int size = pixels.length / 2;
      float[] own = Arrays.copyOfRange(pixels, i * size, (i + 1) * size);
      List<Tensor> alone = run(network, Tensor.of(Shape.of(1, 3, 64, 96), own));
      assertThat(alone.getFirst().shape().dim(0)).as("detections").isPositive();
      for (int output = 0; output < 4; output++) {
        Tensor together = found.get(4 * i + output);
        // Other algorithms may suit a batch: the tolerance of the fixtures.
        assertClose(together, alone.get(output));
      }
    }
  }

  private static void assertClose(Tensor got, Tensor want) {
    assertThat(got.type()).isEqualTo(want.type());
    if (want.dtype() == DType.FLOAT32) {
      assertThat(got.toFloats()).containsExactly(want.toFloats(), within(0.02f));
    } else {
      assertThat(got.toLongs()).isEqualTo(want.toLongs());
    }
  }

  @Test
  void nothingMayBeFound() {
    Block strict = TinyDetector.of(5, new Detections(0.999f, 0.5, 8), MASKS);
    List<Tensor> found = run(strict, photograph(1, 1));
    assertThat(found.stream().map(Tensor::shape))
        .containsExactly(Shape.of(0, 4), Shape.of(0), Shape.of(0), Shape.of(0, 1, 64, 96));
  }

  @Test
  void theFileSaysThatSizesAreOpen() {
    Blueprint blueprint = Blueprint.of(TinyDetector.of(5, MASKS), Shape.of(1, 3, 64, 96));
    Signature boxes = blueprint.results().getFirst();
    assertThat(boxes.dims().getFirst().isOpen()).isTrue();
    assertThat(boxes.dims().getLast().size()).isEqualTo(4);
    assertThat(blueprint.results().get(1).dtype()).isEqualTo(DType.INT64);
    byte[] file = blueprint.file(WeightSource.seeded(1));
    assertThat(OnnxModel.read(MemorySegment.ofArray(file)).outputs())
        .containsExactly("y0", "y1", "y2", "y3");
  }

  /** torchvision 0.14 states 134.38 G for 800x800 pixels, a thousand proposals and no detection. */
  @Test
  void countsTheWorkOfTheMostThereCanBe() {
    Blueprint faster = Zoo.find("faster-rcnn-resnet50-fpn").blueprint();
    assertThat(Math.round(faster.macs() / 1e7)).isEqualTo(13_438);
    long head = 4L * 256 * 256 * 9 * 14 * 14 + 256L * 256 * 4 * 14 * 14 + 256L * 91 * 28 * 28;
    long pasting = 800L * 30 * 30 + 800L * 800 * 30;
    Blueprint mask = Zoo.find("mask-rcnn-resnet50-fpn").blueprint();
    assertThat(mask.macs() - faster.macs()).isEqualTo(100 * (head + pasting));
  }

  /** What is done with the boxes and the classes that are found. */
  private interface Then {
    Feature apply(Layers n, Feature boxes, Feature labels);
  }

  @Test
  void namesTheRule() {
    Shape images = Shape.of(1, 3, 64, 96);
    refuses("not 60x96", Shape.of(1, 3, 60, 96), (n, boxes, labels) -> boxes);
    refuses("nothing is done along them", images, (n, boxes, labels) -> n.slice(boxes, 0, 0, 1));
    refuses("nothing is done along them", images, (n, boxes, labels) -> n.mean(boxes, -2));
    refuses("stay the first", images, (n, boxes, labels) -> n.reshape(boxes, 4, 8));
    refuses(
        "is combined with the same, or with one for all",
        images,
        (n, boxes, labels) -> n.add(boxes, n.constant(Tensor.of(Shape.of(8, 1), new float[8]))));
    refuses(
        "what is combined is of one number",
        images,
        (n, boxes, labels) -> {
          Feature first = n.places("first", n.equal(labels, labels));
          return n.add(n.floats(first), n.floats(labels));
        });
  }

  private static void refuses(String rule, Shape images, Then then) {
    RegionCnn network = TinyDetector.of(5, Optional.empty());
    Block block =
        (n, in) -> {
          List<Feature> found = network.apply(n, in);
          return List.of(then.apply(n, found.get(0), found.get(1)));
        };
    assertThatThrownBy(() -> Blueprint.of(block, images))
        .isInstanceOf(RuleException.class)
        .hasMessageContaining(rule);
  }
}
