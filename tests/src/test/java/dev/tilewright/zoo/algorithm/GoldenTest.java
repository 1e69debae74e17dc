package dev.tilewright.zoo.algorithm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.zoo.block.PsConv;
import dev.tilewright.zoo.build.ConvSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

/** Algorithms against what the authors' or PyTorch's code computes. */
class GoldenTest {
  private static List<Integer> integers(JsonElement list) {
    return StreamSupport.stream(list.getAsJsonArray().spliterator(), false)
        .map(JsonElement::getAsInt)
        .toList();
  }

  @Test
  void masksAndRelativePositionsOfShiftedWindows() {
    List<Golden> cases = Golden.of("algorithm/swin_mask");
    assertThat(cases).isNotEmpty();
    for (Golden one : cases) {
      int window = one.integer("window");
      Tensor mask =
          SwinWindows.mask(one.integer("H"), one.integer("W"), window, one.integer("shift"));
      assertThat(mask.shape()).isEqualTo(one.array("mask").shape());
      // Within nothing: 0 and -0 are the same.
      assertThat(mask.toFloats())
          .as(one.name())
          .containsExactly(one.array("mask").toFloats(), within(0f));
      assertThat(IntStream.of(SwinWindows.relativeIndex(window)).asLongStream().toArray())
          .isEqualTo(one.array("relative_index").toLongs());
    }
  }

  @Test
  void rulesAndHolesOfDilatedStacks() {
    JsonElement table =
        new Golden(Golden.of("algorithm/hdc").getFirst().folder().resolveSibling("rule_table"))
            .meta()
            .get("table");
    assertThat(table.getAsJsonArray()).isNotEmpty();
    for (JsonElement row : table.getAsJsonArray()) {
      JsonObject want = row.getAsJsonObject();
      DilationRule rule = new DilationRule(integers(want.get("rates")), want.get("k").getAsInt());
      assertThat(rule.distances()).as("%s", rule).isEqualTo(integers(want.get("M")));
      assertThat(rule.commonDivisor()).isEqualTo(want.get("gcd").getAsInt());
      assertThat(rule.receptiveField()).isEqualTo(want.get("receptive_field").getAsInt());
      assertThat(rule.holes()).as("%s", rule).isEqualTo(want.get("holes").getAsLong());
      boolean holds = want.get("rule_ok").getAsBoolean() && want.get("gcd_ok").getAsBoolean();
      assertThat(rule.broken().isEmpty()).as("%s", rule).isEqualTo(holds);
    }
  }

  @Test
  void pathsOfDilatedStacks() {
    List<Golden> cases =
        Golden.of("algorithm/hdc").stream()
            .filter(one -> one.name().startsWith("coverage"))
            .toList();
    assertThat(cases).isNotEmpty();
    for (Golden one : cases) {
      long[] paths =
          new DilationRule(integers(one.params().get("rates")), one.integer("k")).paths();
      int size = one.integer("size");
      int before = (size - paths.length) / 2;
      long[] map = new long[size * size];
      for (int y = 0; y < paths.length; y++) {
        for (int x = 0; x < paths.length; x++) {
          map[(before + y) * size + before + x] = paths[y] * paths[x];
        }
      }
      assertThat(map).as(one.name()).isEqualTo(one.array("coverage").toLongs());
    }
  }

  @Test
  void dilationsOfPolyScaleConvolutions() {
    List<Golden> cases = Golden.of("algorithm/psconv_dilation");
    assertThat(cases).isNotEmpty();
    for (Golden one : cases) {
      int[] pattern =
          integers(one.params().get("pattern")).stream().mapToInt(Integer::intValue).toArray();
      ConvSpec conv = ConvSpec.of(one.integer("cout"), 3).groups(one.integer("groups"));
      List<Long> dilations =
          PsConv.cyclic(one.integer("cin"), conv, pattern).dilations().stream()
              .flatMap(List::stream)
              .map(Integer::longValue)
              .toList();
      assertThat(dilations)
          .as(one.name())
          .containsExactlyElementsOf(Arrays.stream(one.array("D").toLongs()).boxed().toList());
    }
  }

  @Test
  void averagePrecision() {
    Golden one = Golden.of("algorithm/average_precision").getFirst();
    List<Double> scores = Arrays.stream(one.doubles("scores")).boxed().toList();
    List<Boolean> correct =
        Arrays.stream(one.array("tp").toLongs()).mapToObj(hit -> hit == 1).toList();
    JsonObject meta = one.meta();
    AveragePrecision ap = AveragePrecision.of(scores, correct, meta.get("positives").getAsInt());
    for (int n = 1; n <= scores.size(); n++) {
      assertThat(ap.precision(n)).isEqualTo(one.doubles("precision")[n - 1]);
      assertThat(ap.recall(n)).isEqualTo(one.doubles("recall")[n - 1]);
    }
    assertThat(ap.area()).isCloseTo(meta.get("ap_area_all_points").getAsDouble(), within(0x1p-45));
    assertThat(ap.atPoints(11)).isCloseTo(meta.get("ap_11_point").getAsDouble(), within(0x1p-45));
    assertThat(ap.atPoints(101)).isCloseTo(meta.get("ap_101_point").getAsDouble(), within(0x1p-45));
  }

  @Test
  void boxesOfADetector() {
    Golden one = Golden.of("detect/box_decode").getFirst();
    List<Box> anchors = one.boxes("anchors");
    float[] deltas = one.array("deltas").toFloats();
    List<Box> want = one.boxes("boxes");
    assertThat(BoxCoder.detections().largest()).isEqualTo(one.params().get("clip").getAsDouble());
    for (int i = 0; i < want.size(); i++) {
      Box box =
          BoxCoder.detections()
              .decode(
                  anchors.get(i),
                  deltas[4 * i],
                  deltas[4 * i + 1],
                  deltas[4 * i + 2],
                  deltas[4 * i + 3]);
      // Some eight roundings of float32 at coordinates below 256.
      assertThat(box.left()).isCloseTo(want.get(i).left(), within(0x1p-13f));
      assertThat(box.top()).isCloseTo(want.get(i).top(), within(0x1p-13f));
      assertThat(box.right()).isCloseTo(want.get(i).right(), within(0x1p-13f));
      assertThat(box.bottom()).isCloseTo(want.get(i).bottom(), within(0x1p-13f));
    }
  }

  @Test
  void boxesThatAreKept() {
    List<Golden> cases = Golden.of("detect/nms");
    assertThat(cases).isNotEmpty();
    for (Golden one : cases) {
      List<Box> boxes = one.boxes("input_0");
      Tensor scores = one.array("input_1");
      NonMaximumSuppression suppression =
          new NonMaximumSuppression(
              one.params().get("iou_threshold").getAsDouble(),
              one.params().get("score_threshold").getAsFloat(),
              one.integer("max_per_class"));
      List<Long> kept = new ArrayList<>();
      for (int c = 0; c < scores.shape().dim(1); c++) {
        float[] all = scores.toFloats();
        float[] own = Arrays.copyOfRange(all, c * boxes.size(), (c + 1) * boxes.size());
        for (int index : suppression.keep(boxes, own)) {
          kept.addAll(List.of(0L, (long) c, (long) index));
        }
      }
      assertThat(kept)
          .as(one.name())
          .isEqualTo(Arrays.stream(one.array("output_0").toLongs()).boxed().toList());
    }
  }

  @Test
  void masksInTheirBoxes() {
    Golden one = Golden.of("detect/paste_masks").getFirst();
    Tensor masks = one.array("masks");
    Tensor pasted = one.array("pasted");
    int m = masks.shape().dim(2);
    int height = pasted.shape().dim(2);
    int width = pasted.shape().dim(3);
    List<Box> boxes = one.boxes("boxes");
    for (int i = 0; i < boxes.size(); i++) {
      float[] mask = Arrays.copyOfRange(masks.toFloats(), i * m * m, (i + 1) * m * m);
      Plane image = MaskPasting.paste(new Plane(m, m, mask), boxes.get(i), height, width);
      int size = height * width;
      float[] want = Arrays.copyOfRange(pasted.toFloats(), i * size, (i + 1) * size);
      // Weights are differences of coordinates below 64 in float32.
      assertThat(image.values()).as("mask %d", i).containsExactly(want, within(0x1p-17f));
    }
  }
}
