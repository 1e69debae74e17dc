package dev.tilewright.zoo;

import dev.tilewright.zoo.block.DepthwiseSeparable;
import dev.tilewright.zoo.block.DiverseBranchBlock;
import dev.tilewright.zoo.block.DoConv;
import dev.tilewright.zoo.block.RepVggBlock;
import dev.tilewright.zoo.block.Residual;
import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.network.ResNet;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Variants of the convolution itself, and the networks made of them. */
final class FilterCases {
  static final Map<String, Function<FixtureCase, Block>> BUILDERS =
      Map.ofEntries(
          Map.entry(
              "block/doconv",
              c -> new DoConv(c.conv(), c.integer("D_mul"), DoConv.Form.FEATURE_COMPOSITION)),
          Map.entry("block/dbb", c -> new DiverseBranchBlock(c.conv(), c.integer("internal"))),
          Map.entry(
              "block/repvgg_block",
              c -> new RepVggBlock(c.integer("cout"), c.integer("stride"), c.integer("groups"))),
          Map.entry(
              "block/depthwise_separable",
              c ->
                  new DepthwiseSeparable(
                      c.integer("cout"), c.integer("stride"), c.name().endsWith("relu6"))),
          Map.entry("network/do_resnet", c -> doResNet()));

  private FilterCases() {}

  private static Block doResNet() {
    return new ResNet(
        List.of(1, 1),
        8,
        (planes, stride) ->
            Residual.bottleneck(
                ConvSpec.of(planes / 2, 3).stride(stride),
                2 * planes,
                (n, x, conv) -> n.block("conv2", feature(conv), x)),
        10);
  }

  private static DoConv feature(ConvSpec conv) {
    return new DoConv(conv, conv.taps(), DoConv.Form.FEATURE_COMPOSITION);
  }
}
