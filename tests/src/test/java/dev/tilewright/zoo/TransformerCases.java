package dev.tilewright.zoo;

import dev.tilewright.NumpyFile;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.zoo.block.MixerBlock;
import dev.tilewright.zoo.block.PatchEmbed;
import dev.tilewright.zoo.block.PatchMerging;
import dev.tilewright.zoo.block.SwinBlock;
import dev.tilewright.zoo.block.SwinMlpBlock;
import dev.tilewright.zoo.block.TransformerBlock;
import dev.tilewright.zoo.block.WindowAttention;
import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.network.MlpMixer;
import dev.tilewright.zoo.network.MlpMixer.Stem;
import dev.tilewright.zoo.network.SwinTransformer;
import dev.tilewright.zoo.network.VisionTransformer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** Networks of tokens. */
final class TransformerCases {
  static final Map<String, Function<FixtureCase, Block>> BUILDERS =
      Map.ofEntries(
          Map.entry(
              "block/vit_block", c -> new TransformerBlock(c.integer("heads"), c.integer("mlp"))),
          Map.entry("network/vit", TransformerCases::vision),
          Map.entry("block/window_attention", TransformerCases::window),
          Map.entry(
              "block/swin_block",
              c -> {
                int[] map = c.integers("resolution");
                return new SwinBlock(
                    map[0],
                    map[1],
                    c.integer("heads"),
                    c.integer("window"),
                    c.integer("shift"),
                    c.integer("mlp_ratio"));
              }),
          Map.entry(
              "block/patch_embed",
              c -> PatchEmbed.of(c.integer("patch"), c.size("outputs", 0, 2), true)),
          Map.entry(
              "block/patch_merging",
              c -> new PatchMerging(c.integers("resolution")[0], c.integers("resolution")[1])),
          Map.entry("network/swin", TransformerCases::swin),
          Map.entry(
              "block/mixer_block",
              c -> new MixerBlock(c.integer("token_hidden"), c.integer("channel_hidden"))),
          Map.entry("network/mlp_mixer", TransformerCases::mixer),
          Map.entry(
              "block/swin_mlp_block",
              c -> {
                int[] map = c.integers("resolution");
                return new SwinMlpBlock(
                    map[0], map[1], c.integer("heads"), c.integer("window"), c.integer("shift"));
              }),
          Map.entry(
              "network/swin_mlp",
              c ->
                  new SwinTransformer(
                      4, 12, List.of(2, 2), List.of(3, 6), 7, SwinMlpBlock::new, 10)));

  private TransformerCases() {}

  private static Block vision(FixtureCase c) {
    return switch (c.name()) {
      case "cls_i32_p8_d48_h4" -> new VisionTransformer(8, 48, 2, 4, 192, true, 10);
      case "mean_i24_p4_d32_h2" -> new VisionTransformer(4, 32, 2, 2, 96, false, 10);
      default -> throw new AssertionError(c.name());
    };
  }

  private static Block window(FixtureCase c) {
    return new WindowAttention(
        c.integer("heads"),
        c.integer("window"),
        c.flag("masked") ? Optional.of(array(c, "mask")) : Optional.empty());
  }

  private static Tensor array(FixtureCase c, String name) {
    try {
      return NumpyFile.readAll(c.fixture().folder().resolve("weights.npz")).get(name);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Block swin(FixtureCase c) {
    return switch (c.name()) {
      case "i56_d16_M7" ->
          new SwinTransformer(4, 16, List.of(2, 2), List.of(2, 4), 7, SwinBlock::new, 10);
      case "i64_d16_M4_depths2_2_6_2" ->
          new SwinTransformer(
              2, 8, List.of(2, 2, 6, 2), List.of(1, 2, 4, 8), 4, SwinBlock::new, 10);
      default -> throw new AssertionError(c.name());
    };
  }

  private static Block mixer(FixtureCase c) {
    return switch (c.name()) {
      case "paper_i32_p4_d48" -> new MlpMixer(4, 48, 2, 24, 192, Stem.CONV, 7);
      case "seed_i32_p8_d32" -> new MlpMixer(8, 32, 2, 64, 128, Stem.LINEAR, 10);
      default -> throw new AssertionError(c.name());
    };
  }
}
