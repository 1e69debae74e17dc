package dev.tilewright.zoo.algorithm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

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
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;

/** Formulas of papers against numbers worked out elsewhere, and against what is built. */
class CostsTest {
  private static final Shape IMAGE = Shape.of(1, 32, 28, 28);

  /** By the name of a formula, its value for a point: the numbers in its key. */
  private static final Map<String, ToDoubleFunction<double[]>> FORMULAS =
      Map.of(
          "octconv_flops_ratio", at -> Costs.octConv(at[0]),
          "octconv_memory_ratio", at -> Costs.octConvMemory(at[0]),
          "hetconv_ratio_k3", at -> Costs.hetConv((int) at[0], 3),
          "depthwise_separable_ratio", at -> Costs.depthwiseSeparable((int) at[0], (int) at[1]),
          "msa_macs", at -> Costs.attention((int) at[0], (int) at[0], (int) at[1]),
          "wmsa_macs",
              at -> Costs.windowAttention((int) at[0], (int) at[0], (int) at[1], (int) at[2]),
          "inception_5x5_to_two_3x3", at -> Costs.threes(5),
          "vgg_7x7_to_three_3x3", at -> Costs.threes(7),
          "inception_7x7_to_1x7_7x1", at -> Costs.factorised((int) at[0]));

  @Test
  void agreeWithTheTable() throws IOException {
    String table =
        Files.readString(Shared.require("variants/fixtures/algorithm/cost_models/table/meta.json"));
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
        : Arrays.stream(key.split(",", -1)).mapToDouble(Double::parseDouble).toArray();
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
