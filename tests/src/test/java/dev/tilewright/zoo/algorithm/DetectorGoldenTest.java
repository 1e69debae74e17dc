package dev.tilewright.zoo.algorithm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonArray;
import dev.tilewright.Model;
import dev.tilewright.Session;
import dev.tilewright.SessionOptions;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.zoo.block.PastedMasks;
import dev.tilewright.zoo.block.PyramidRoiAlign;
import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.Blueprint;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.WeightSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

/** Parts of R-CNN that are no layers, against what torchvision's code computes. */
class DetectorGoldenTest {
  @Test
  void anchors() {
    List<Golden> cases = Golden.of("detect/rpn_anchors");
    assertThat(cases).isNotEmpty();
    for (Golden one : cases) {
      List<Double> ratios =
          StreamSupport.stream(one.params().getAsJsonArray("ratios").spliterator(), false)
              .map(ratio -> ratio.getAsDouble())
              .toList();
      List<Integer> sizes = integers(one, "sizes");
      List<Integer> image = integers(one, "image");
      List<Float> all = new ArrayList<>();
      for (int i = 0; i < sizes.size(); i++) {
        JsonArray map = one.params().getAsJsonArray("feature_maps").get(i).getAsJsonArray();
        int rows = map.get(0).getAsInt();
        int columns = map.get(1).getAsInt();
        Anchors anchors = new Anchors(sizes, ratios);
        for (float side :
            anchors.of(i, rows, columns, image.get(0) / rows, image.get(1) / columns).toFloats()) {
          all.add(side);
        }
      }
      float[] want = one.array("anchors").toFloats();
      List<Float> wanted = new ArrayList<>();
      for (float side : want) {
        wanted.add(side + 0f); // no -0
      }
      assertThat(all.stream().map(side -> side + 0f).toList()).as(one.name()).isEqualTo(wanted);
    }
  }

  private static List<Integer> integers(Golden one, String parameter) {
    return StreamSupport.stream(one.params().getAsJsonArray(parameter).spliterator(), false)
        .map(value -> value.getAsInt())
        .toList();
  }

  @Test
  void cropsFromTheMapThatSuits() {
    Golden one = Golden.of("detect/multiscale_roialign").getFirst();
    int height = integers(one, "image").getFirst();
    PyramidRoiAlign align =
        new PyramidRoiAlign(one.integer("output"), one.integer("sampling_ratio"));
    Block block =
        (n, in) -> {
          PyramidRoiAlign.Crops crops = align.apply(n, in.subList(0, 4), in.get(4), height);
          Feature places = n.add(n.floats(crops.places()), n.constant(0));
          return List.of(crops.inOrder(n, crops.features()), places);
        };
    List<Tensor> in =
        List.of(
            one.array("feat0"),
            one.array("feat1"),
            one.array("feat2"),
            one.array("feat3"),
            one.array("boxes"));
    List<Tensor> out = run(block, in);
    Tensor want = one.array("out");
    assertThat(out.get(0).shape()).isEqualTo(want.shape());
    // Features below 8; a sample's place has eight roundings at coordinates below 32.
    assertThat(out.get(0).toFloats()).containsExactly(want.toFloats(), within(0x1p-14f));

    long[] levels = one.array("levels").toLongs();
    List<Float> byLevel =
        IntStream.range(0, levels.length)
            .boxed()
            .sorted((a, b) -> Long.compare(levels[a], levels[b]))
            .map(Integer::floatValue)
            .toList();
    float[] places = out.get(1).toFloats();
    assertThat(IntStream.range(0, places.length).mapToObj(i -> places[i]).toList())
        .isEqualTo(byLevel);
  }

  @Test
  void masksInTheirBoxes() {
    Golden one = Golden.of("detect/paste_masks").getFirst();
    Tensor masks = one.array("masks");
    Tensor want = one.array("pasted");
    int m = masks.shape().dim(2);
    PastedMasks pasted = new PastedMasks(want.shape().dim(2), want.shape().dim(3));
    Block block = (n, in) -> List.of(pasted.apply(n, in.get(0), in.get(1)));
    Tensor square = masks.reshape(Shape.of(masks.shape().dim(0), m, m));
    Tensor got = run(block, List.of(square, one.array("boxes"))).getFirst();
    assertThat(got.shape()).isEqualTo(want.shape());
    // Weights are differences of coordinates below 64 in float32.
    assertThat(got.toFloats()).containsExactly(want.toFloats(), within(0x1p-17f));
  }

  private static List<Tensor> run(Block block, List<Tensor> in) {
    Blueprint blueprint = Blueprint.of(block, in.stream().map(Tensor::shape).toArray(Shape[]::new));
    Map<String, Tensor> inputs = new LinkedHashMap<>();
    for (int i = 0; i < in.size(); i++) {
      inputs.put("x" + i, in.get(i));
    }
    try (Model model = Model.of(blueprint.file(WeightSource.seeded(1)));
        Session session = model.session(new SessionOptions(1, "auto"))) {
      return List.copyOf(session.run(inputs).values());
    }
  }
}
