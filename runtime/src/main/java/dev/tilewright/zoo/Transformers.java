package dev.tilewright.zoo;

import static dev.tilewright.zoo.Zoo.line;

import dev.tilewright.tensor.Shape;
import dev.tilewright.zoo.Zoo.Entry;
import dev.tilewright.zoo.block.MixerBlock;
import dev.tilewright.zoo.block.PatchEmbed;
import dev.tilewright.zoo.block.PatchMerging;
import dev.tilewright.zoo.block.SwinBlock;
import dev.tilewright.zoo.block.SwinMlpBlock;
import dev.tilewright.zoo.block.TransformerBlock;
import dev.tilewright.zoo.block.WindowAttention;
import dev.tilewright.zoo.network.MlpMixer;
import dev.tilewright.zoo.network.SwinTransformer;
import dev.tilewright.zoo.network.VisionTransformer;
import java.util.List;
import java.util.Optional;

/** Networks of tokens: attention, and what has been put in its place. */
final class Transformers {
  private static final Shape IMAGENET = Shape.of(1, 3, 224, 224);
  private static final Shape TOKENS = Shape.of(1, 196, 384);

  static final List<Entry> BLOCKS =
      List.of(
          line("vit-block", TOKENS, () -> new TransformerBlock(6, 1536))
              .from("2010.11929", "multi-head self-attention, then an MLP", Target.work()),
          line(
                  "window-attention",
                  Shape.of(16, 49, 128),
                  () -> new WindowAttention(4, 7, Optional.empty()))
              .from("2103.14030", "self-attention inside windows", Target.work()),
          line("window-block", Shape.of(1, 784, 128), () -> new SwinBlock(28, 28, 4, 7, 0))
              .from(
                  "2103.14030",
                  "attention inside windows, then an MLP",
                  Target.work().recorded(2.88)),
          line("swin-block", TOKENS, () -> new SwinBlock(14, 14, 12, 7, 3))
              .from("2103.14030", "attention inside shifted windows, then an MLP", Target.work()),
          line("patch-embed", IMAGENET, () -> PatchEmbed.of(4, 96, true))
              .from("2103.14030", "tokens of 4x4 patches", Target.work()),
          line("patch-merging", TOKENS, () -> new PatchMerging(14, 14))
              .from("2103.14030", "2x2 tokens to one of twice the width", Target.work()),
          line("mixer-block", TOKENS, () -> new MixerBlock(192, 1536))
              .from("2105.01601", "MLP over tokens, then over channels", Target.work()),
          line("swin-mlp-block", TOKENS, () -> new SwinMlpBlock(14, 14, 12, 7, 3))
              .from(
                  "2103.14030",
                  "a matrix for each head over shifted windows, then an MLP",
                  Target.work()));

  static final List<Entry> NETWORKS =
      List.of(
          line("vit-ti-16", IMAGENET, () -> VisionTransformer.tiny(16))
              .from("2012.12877", "vision transformer of 16x16 patches, 192 wide"),
          line("vit-b-16", IMAGENET, () -> VisionTransformer.base(16))
              .from("2010.11929", "vision transformer of 16x16 patches"),
          line("vit-b-32", IMAGENET, () -> VisionTransformer.base(32))
              .from("2010.11929", "vision transformer of 32x32 patches"),
          line("vit-l-16", IMAGENET, () -> VisionTransformer.large(16))
              .from("2010.11929", "vision transformer of 16x16 patches, large"),
          line("swin-t", IMAGENET, SwinTransformer::tiny)
              .from("2103.14030", "Swin transformer, tiny"),
          line("swin-s", IMAGENET, SwinTransformer::small)
              .from("2103.14030", "Swin transformer, small"),
          line("swin-b", IMAGENET, SwinTransformer::base)
              .from("2103.14030", "Swin transformer, base"),
          line("swin-l", IMAGENET, SwinTransformer::large)
              .from("2103.14030", "Swin transformer, large"),
          line("mixer-s-16", IMAGENET, MlpMixer::small)
              .from("2105.01601", "MLP-Mixer of 16x16 patches, small"),
          line("mixer-b-16", IMAGENET, MlpMixer::base)
              .from("2105.01601", "MLP-Mixer of 16x16 patches"),
          line("mixer-l-16", IMAGENET, MlpMixer::large)
              .from("2105.01601", "MLP-Mixer of 16x16 patches, large"),
          line("swin-mlp-t", Shape.of(1, 3, 256, 256), SwinTransformer::mlp)
              .from("2103.14030", "Swin-MLP of the size of Swin-T"));

  private Transformers() {}
}
