package dev.tilewright.zoo.algorithm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.tilewright.Shared;
import dev.tilewright.tensor.Shape;
import dev.tilewright.zoo.block.ConvUnit;
import dev.tilewright.zoo.block.DepthwiseSeparable;
import dev.tilewright.zoo.block.InvertedResidual;
import dev.tilewright.zoo.block.Sequence;
import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.Blueprint;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;

/** Formulas of papers against numbers worked out elsewhere, and against what is built. */
class CostsTest {
  private static final Shape IMAGE = Shape.of(1, 32, 28, 28);

  /** By the name of a formula, its value for a point: the numbers in its key. */
  private static final Map<String, ToDoubleFunction<double[]>> FORMULAS =
      Map.ofEntries(
          entry("octconv_flops_ratio", at -> Costs.octConv(at[0])),
          entry("octconv_memory_ratio", at -> Costs.octConvMemory(at[0])),
          entry("hetconv_ratio_k3", at -> Costs.hetConv((int) at[0], 3)),
          entry(
              "depthwise_separable_ratio",
              at -> Costs.depthwiseSeparable((int) at[0], (int) at[1])),
          entry("msa_macs", at -> Costs.attention((int) at[0], (int) at[0], (int) at[1])),
          entry(
              "wmsa_macs",
              at -> Costs.windowAttention((int) at[0], (int) at[0], (int) at[1], (int) at[2])),
          entry("swin_mlp_flops", CostsTest::swinMlp),
          entry("inception_5x5_to_two_3x3", at -> Costs.threes(5)),
          entry("vgg_7x7_to_three_3x3", at -> Costs.threes(7)),
          entry("inception_7x7_to_1x7_7x1", at -> Costs.factorised((int) at[0])));

  private static Map.Entry<String, ToDoubleFunction<double[]>> entry(
      String name, ToDoubleFunction<double[]> formula) {
    return Map.entry(name, formula);
  }

  /** Of image, patch, channels, classes, width, four depths, four numbers of heads, window. */
  private static double swinMlp(double... at) {
    assertThat(at).hasSize(14);
    assertThat(at[2]).isEqualTo(3);
    List<Integer> depths = Arrays.stream(at, 5, 9).mapToObj(depth -> (int) depth).toList();
    return Costs.swinMlp((int) at[0], (int) at[1], (int) at[3], (int) at[4], depths, (int) at[13]);
  }

  @Test
  void countBlocksOfSwinMlpAsTheirAuthors() {
    List<Golden> cases = Golden.of("block/swin_mlp_block");
    assertThat(cases).isNotEmpty();
    for (Golden one : cases) {
      JsonArray map = one.params().getAsJsonArray("resolution");
      long macs =
          Costs.swinMlpBlock(
              map.get(0).getAsInt(),
              map.get(1).getAsInt(),
              one.integer("dim"),
              one.integer("window"),
              one.integer("shift"),
              4);
      assertThat((double) macs)
          .as(one.name())
          .isEqualTo(one.params().get("seed_flops").getAsDouble());
    }
  }

  @Test
  void agreeWithTheTable() throws IOException {
    String table =
        Files.readString(Shared.fixtures("algorithm/cost_models").resolve("table/meta.json"));
    int compared = 0;
    for (JsonElement element :
        JsonParser.parseString(table).getAsJsonObject().getAsJsonArray("table")) {
      JsonObject row = element.getAsJsonObject();
      ToDoubleFunction<double[]> formula = FORMULAS.get(row.get("name").getAsString());
      if (formula == null) {
        continue;
      }
      for (Map.Entry<String, JsonElement> value : row.getAsJsonObject("values").entrySet()) {
        double expected = value.getValue().getAsDouble();
        assertThat(formula.applyAsDouble(point(value.getKey())))
            .as("%s at %s", row.get("name"), value.getKey())
            .isCloseTo(expected, within(Math.ulp(expected) * 4));
        compared++;
      }
    }
    assertThat(compared).isGreaterThan(20);
  }

  private static double[] point(String key) {
    return key.equals("c")
        ? new double[0]
        : Arrays.stream(key.replaceAll("[() ]", "").split(",", -1))
            .mapToDouble(Double::parseDouble)
            .toArray();
  }

  @Test
  void agreeWithWhatIsBuilt() {
    long dense = macs(ConvUnit.of(48, 3));
    assertThat((double) macs(new DepthwiseSeparable(48, 1)) / dense)
        .isCloseTo(Costs.depthwiseSeparable(48, 3), within(1e-15));
    assertThat(macs(InvertedResidual.mobile(32, 48, 1, 6)))
        .isEqualTo(Costs.invertedResidual(28, 28, 6, 32, 3, 48));
    Block.Single two = Sequence.of(ConvUnit.of(32, 3), ConvUnit.of(32, 3));
    assertThat((double) macs(two) / macs(ConvUnit.of(32, 5)))
        .isCloseTo(Costs.threes(5), within(1e-15));
    Block.Single crossed = Sequence.of(ConvUnit.of(32, 1, 7), ConvUnit.of(32, 7, 1));
    assertThat((double) macs(crossed) / macs(ConvUnit.of(32, 7)))
        .isCloseTo(Costs.factorised(7), within(1e-15));
  }

  private static long macs(Block.Single block) {
    return Blueprint.of(block, IMAGE).macs();
  }
}
