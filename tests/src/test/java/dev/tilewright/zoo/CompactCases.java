package dev.tilewright.zoo;

import dev.tilewright.zoo.block.InvertedResidual;
import dev.tilewright.zoo.block.RegNetBlock;
import dev.tilewright.zoo.block.SqueezeExcitation;
import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.Layers;
import dev.tilewright.zoo.network.AnyNet;
import dev.tilewright.zoo.network.AnyNet.Stage;
import dev.tilewright.zoo.network.EfficientNet;
import dev.tilewright.zoo.network.MobileNet;
import dev.tilewright.zoo.network.ShuffleNetV2;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Classifiers made to be small, or found in a space of such. */
final class CompactCases {
  static final Map<String, Function<FixtureCase, Block>> BUILDERS =
      Map.ofEntries(
          Map.entry("block/inverted_residual", CompactCases::inverted),
          Map.entry("block/mbconv", CompactCases::mbconv),
          Map.entry("block/se", CompactCases::excitation),
          Map.entry("block/regnet_block", CompactCases::regular),
          Map.entry("network/mobilenet_v1", c -> MobileNet.v1(0.25, 10)),
          Map.entry("network/mobilenet_v2", c -> MobileNet.v2(0.25, 10)),
          Map.entry("network/efficientnet_b0", c -> efficient()),
          Map.entry(
              "network/shufflenet_v2",
              c -> new ShuffleNetV2(8, List.of(2, 2, 2), List.of(16, 32, 64), 64, 10)),
          Map.entry("network/regnet_x", c -> any(0)),
          Map.entry("network/regnet_y", c -> any(0.25)));

  private CompactCases() {}

  private static Block inverted(FixtureCase c) {
    return InvertedResidual.mobile(
        c.size("inputs", 0, 1), c.size("outputs", 0, 1), c.integer("stride"), c.integer("t"));
  }

  private static Block mbconv(FixtureCase c) {
    return InvertedResidual.mbconv(
        c.size("inputs", 0, 1),
        c.size("outputs", 0, 1),
        c.integer("kernel"),
        c.integer("stride"),
        c.integer("expand"));
  }

  /** Linear layers over the means are 1x1 convolutions of one pixel. */
  private static Block excitation(FixtureCase c) {
    int squeezed = c.integer("channels") / c.integer("reduction");
    return new SqueezeExcitation(squeezed, c.flag("bias"), Layers::relu, Layers::sigmoid);
  }

  private static Block regular(FixtureCase c) {
    return new RegNetBlock(
        c.size("outputs", 0, 1),
        c.integer("stride"),
        c.integer("group_width"),
        c.number("bottleneck_ratio"),
        c.has("se") ? c.number("se") : 0);
  }

  private static Block efficient() {
    MobileNet usual = new EfficientNet(0.25, 0.5, 64).network(10);
    return new MobileNet(
        usual.stem(), usual.blocks(), 128, 0, usual.activation(), usual.epsilon(), 10);
  }

  private static Block any(double squeeze) {
    List<Stage> stages =
        List.of(
            new Stage(1, 8, 4, 1),
            new Stage(1, 16, 4, 1),
            new Stage(2, 24, 8, 1),
            new Stage(2, 40, 8, 1));
    return new AnyNet(8, stages, squeeze, 10);
  }
}
