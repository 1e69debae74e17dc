package dev.tilewright.zoo;

import static dev.tilewright.zoo.Mistake.broken;

import dev.tilewright.tensor.Shape;
import dev.tilewright.zoo.algorithm.SwinWindows;
import dev.tilewright.zoo.block.PatchEmbed;
import dev.tilewright.zoo.block.PatchMerging;
import dev.tilewright.zoo.block.SelfAttention;
import dev.tilewright.zoo.block.SwinBlock;
import dev.tilewright.zoo.block.SwinMlpBlock;
import dev.tilewright.zoo.block.WindowAttention;
import dev.tilewright.zoo.network.MlpMixer;
import dev.tilewright.zoo.network.SwinTransformer;
import java.util.List;
import java.util.Optional;

/** Rules of networks of tokens. */
final class TransformerRules {
  private static final Shape SIX = Shape.of(1, 6, 8, 8);
  private static final Shape TOKENS = Shape.of(1, 9, 6);

  static final List<Mistake> ALL =
      List.of(
          broken("heads (4) divide the channels (6)", () -> new SelfAttention(4), TOKENS),
          broken("at least one head, not 0", () -> new SelfAttention(0)),
          broken(
              "a window has 16 tokens, not 9",
              () -> new WindowAttention(2, 4, Optional.empty()),
              TOKENS),
          broken(
              "the windows of a mask (4) divide those given (1)",
              () -> new WindowAttention(2, 3, Optional.of(SwinWindows.mask(6, 6, 3, 1))),
              TOKENS),
          broken("the window (4) divides the map (6x8)", () -> new SwinBlock(6, 8, 2, 4, 2)),
          broken("the shift (4) is less than the window (4)", () -> new SwinBlock(8, 8, 2, 4, 4)),
          broken("a map of 4x4 has 16 tokens, not 9", () -> new PatchMerging(4, 4), TOKENS),
          broken("the window (4) divides the map (6x8)", () -> new SwinMlpBlock(6, 8, 2, 4, 2)),
          broken("the shift (-1) is less", () -> new SwinMlpBlock(8, 8, 2, 4, -1)),
          broken(
              "heads (4) divide the channels (6)", () -> new SwinMlpBlock(3, 3, 4, 3, 0), TOKENS),
          broken("height and width are even, not 3x3", () -> new PatchMerging(3, 3)),
          broken("their size (3) divides the image (8x8)", () -> PatchEmbed.of(3, 4, true), SIX),
          broken(
              "the patch (3) divides the image (8x8)",
              () -> new MlpMixer(3, 4, 1, 4, 4, MlpMixer.Stem.LINEAR, 2),
              SIX),
          broken(
              "a stage has depth and heads; there are [2, 2] and [1]",
              () -> new SwinTransformer(4, 8, List.of(2, 2), List.of(1), 7, SwinBlock::new, 2)));

  private TransformerRules() {}
}
