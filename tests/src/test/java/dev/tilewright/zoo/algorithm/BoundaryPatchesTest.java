package dev.tilewright.zoo.algorithm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tilewright.Model;
import dev.tilewright.Session;
import dev.tilewright.SessionOptions;
import dev.tilewright.Shared;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** From a coarse mask to a refined one, with a small network in between. */
class BoundaryPatchesTest {
  private static Plane mask(Golden one, String name) {
    Tensor tensor = one.array(name);
    long[] from = tensor.toLongs();
    float[] values = new float[from.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = from[i];
    }
    return new Plane(tensor.shape().dim(0), tensor.shape().dim(1), values);
  }

  /** One channel of [H, W, C]. */
  private static Plane channel(Tensor image, int channel) {
    float[] all = image.toFloats();
    int channels = image.shape().dim(2);
    float[] values = new float[all.length / channels];
    for (int i = 0; i < values.length; i++) {
      values[i] = all[i * channels + channel];
    }
    return new Plane(image.shape().dim(0), image.shape().dim(1), values);
  }

  static List<Golden> cases() {
    return Golden.of("algorithm/bpr");
  }

  private static BoundaryPatches patches(Golden one) {
    return new BoundaryPatches(
        one.integer("patch_size"),
        one.params().get("iou_threshold").getAsDouble(),
        one.integer("padding"));
  }

  /** Where the mask may be wrong, and the patches that are left of those around it. */
  @ParameterizedTest
  @MethodSource("cases")
  void findsThePatchesOfTheAuthors(Golden one) {
    Plane coarse = mask(one, "coarse_mask");
    assertThat(BoundaryPatches.score(coarse).values())
        .isEqualTo(one.array("boundary_score").toFloats());
    long[] sides = one.array("patches").toLongs();
    List<Box> want = new ArrayList<>();
    for (int i = 0; i < sides.length; i += 4) {
      want.add(new Box(sides[i], sides[i + 1], sides[i + 2], sides[i + 3]));
    }
    assertThat(patches(one).find(coarse)).isEqualTo(want);
  }

  /** Every intermediate value and the result are those of the authors' steps. */
  @ParameterizedTest
  @MethodSource("cases")
  void refinesAsTheAuthors(Golden one) throws IOException {
    if (!Files.exists(one.folder().resolve("image.npy"))) {
      Shared.skip("images and networks of patches are too large to be part of the project");
    }
    BoundaryPatches patches = patches(one);
    Plane coarse = mask(one, "coarse_mask");
    List<Box> boxes = patches.find(coarse);
    int size = one.integer("net_input");
    List<Plane> channels = new ArrayList<>();
    for (int c = 0; c < 3; c++) {
      channels.add(channel(one.array("image"), c));
    }
    channels.add(coarse);
    float[] input = new float[boxes.size() * channels.size() * size * size];
    int at = 0;
    for (Box box : boxes) {
      for (Plane channel : channels) {
        System.arraycopy(patches.cut(channel, box, size).values(), 0, input, at, size * size);
        at += size * size;
      }
    }
    // Values below 1, interpolated with weights of float32.
    assertThat(input).containsExactly(one.array("input_0").toFloats(), within(0x1p-20f));

    Plane refined = patches.paste(coarse, boxes, probabilities(one, input, boxes.size(), size));
    assertThat(refined.values()).isEqualTo(mask(one, "refined_mask").values());
    assertThat(refined.values()).isNotEqualTo(coarse.values());
  }

  private static List<Plane> probabilities(Golden one, float[] input, int count, int size)
      throws IOException {
    byte[] file = Files.readAllBytes(one.folder().resolve("refine_net.onnx"));
    Tensor x = Tensor.of(Shape.of(count, 4, size, size), input);
    try (Model model = Model.of(file);
        Session session = model.session(new SessionOptions(1, "auto"))) {
      float[] scores = session.run(Map.of("x", x)).get("y").toFloats();
      List<Plane> probabilities = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        probabilities.add(
            BoundaryPatches.probability(
                score(scores, 2 * i, size), score(scores, 2 * i + 1, size)));
      }
      return probabilities;
    }
  }

  private static Plane score(float[] scores, int index, int size) {
    float[] values = new float[size * size];
    System.arraycopy(scores, index * size * size, values, 0, values.length);
    return new Plane(size, size, values);
  }

  @Test
  void leavesImagesAloneThatAreNoLargerThanAPatch() {
    Plane mask = new Plane(4, 4, 0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0);
    assertThat(new BoundaryPatches(4, 0.5, 0).find(mask)).isEmpty();
    assertThat(new BoundaryPatches(2, 0.5, 0).find(mask)).isNotEmpty();
    assertThat(new BoundaryPatches(2, 0.5, 0).paste(mask, List.of(), List.of()).values())
        .isEqualTo(mask.values());
  }
}
