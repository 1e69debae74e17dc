package dev.tilewright.zoo;

import dev.tilewright.zoo.block.FeaturePyramid;
import dev.tilewright.zoo.block.HighResolutionModule;
import dev.tilewright.zoo.block.HighResolutionModule.Enlarge;
import dev.tilewright.zoo.block.PatchEmbed;
import dev.tilewright.zoo.block.ShiftMlp;
import dev.tilewright.zoo.block.ShiftMlp.Order;
import dev.tilewright.zoo.block.TokenizedMlp;
import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.Images.Outside;
import dev.tilewright.zoo.build.Images.Sampling;
import dev.tilewright.zoo.network.HighResolutionNet;
import dev.tilewright.zoo.network.UNeXt;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

/** Networks that work on several resolutions. */
final class PyramidCases {
  static final Map<String, Function<FixtureCase, Block>> BUILDERS =
      Map.ofEntries(
          Map.entry("block/fpn", c -> new FeaturePyramid(c.integer("out"))),
          Map.entry("block/hrnet_fuse", c -> new HighResolutionModule(1, Enlarge.NEAREST)),
          Map.entry("network/hrnetv2", c -> new HighResolutionNet(8, 1, 4, List.of(1, 1, 1), 1, 2)),
          Map.entry("block/unext_shift_mlp", PyramidCases::shift),
          Map.entry(
              "block/unext_tokenized_block",
              c -> new TokenizedMlp(c.integer("H"), c.integer("W"), Order.CODE)),
          Map.entry(
              "block/overlap_patch_embed", c -> PatchEmbed.overlapping(c.size("outputs", 0, 2))),
          Map.entry("core/grid_sample", PyramidCases::sampled),
          Map.entry("network/unext", c -> new UNeXt(List.of(4, 8, 16, 20, 32), Order.CODE, 1)));

  private PyramidCases() {}

  private static Block sampled(FixtureCase c) {
    Sampling sampling = Sampling.valueOf(c.text("mode").toUpperCase(Locale.ROOT));
    Outside outside = Outside.valueOf(c.text("padding_mode").toUpperCase(Locale.ROOT));
    boolean corners = c.flag("align_corners");
    return (n, in) -> List.of(n.gridSample(in.get(0), in.get(1), sampling, outside, corners));
  }

  private static Block shift(FixtureCase c) {
    return new ShiftMlp(
        c.integer("H"),
        c.integer("W"),
        c.integer("hidden", c.size("inputs", 0, 2)),
        c.integer("shift_size"),
        c.has("order") ? Order.valueOf(c.text("order").toUpperCase(Locale.ROOT)) : Order.CODE);
  }
}
