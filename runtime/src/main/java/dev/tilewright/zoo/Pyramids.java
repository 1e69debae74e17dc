package dev.tilewright.zoo;

import static dev.tilewright.zoo.Zoo.line;

import dev.tilewright.tensor.Shape;
import dev.tilewright.zoo.Zoo.Entry;
import dev.tilewright.zoo.block.FeaturePyramid;
import dev.tilewright.zoo.block.HighResolutionModule;
import dev.tilewright.zoo.block.HighResolutionModule.Enlarge;
import dev.tilewright.zoo.block.PatchEmbed;
import dev.tilewright.zoo.block.ShiftMlp;
import dev.tilewright.zoo.block.TokenizedMlp;
import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.Images.Outside;
import dev.tilewright.zoo.build.Images.Sampling;
import dev.tilewright.zoo.network.HighResolutionNet;
import dev.tilewright.zoo.network.UNeXt;
import java.util.List;

/** Networks that work on several resolutions, to say something about each pixel or place. */
final class Pyramids {
  private static final Shape TOKENS = Shape.of(1, 256, 160);

  static final List<Entry> BLOCKS =
      List.of(
          line(
                  "fpn",
                  List.of(
                      Shape.of(1, 512, 28, 28), Shape.of(1, 1024, 14, 14), Shape.of(1, 2048, 7, 7)),
                  FeaturePyramid::new)
              .from("1612.03144", "feature pyramid network", Target.work()),
          line(
                  "hrnet-module",
                  List.of(Shape.of(1, 18, 32, 32), Shape.of(1, 36, 16, 16), Shape.of(1, 72, 8, 8)),
                  () -> new HighResolutionModule(2, Enlarge.BILINEAR))
              .from(
                  "1908.07919",
                  "residual blocks at three resolutions, and their exchange",
                  Target.work()),
          line("unext-shift-mlp", TOKENS, () -> new ShiftMlp(16, 16, 160))
              .from(
                  "2203.04967",
                  "MLP over channels shifted along height, then width",
                  Target.work()),
          line("unext-block", TOKENS, () -> new TokenizedMlp(16, 16, ShiftMlp.Order.CODE))
              .from("2203.04967", "x + ShiftMLP(LN(x))", Target.work()),
          line(
                  "grid-sample",
                  List.of(Shape.of(1, 128, 28, 28), Shape.of(1, 28, 28, 2)),
                  Pyramids::sampled)
              .from("1506.02025", "values between pixels, at given places", Target.copy()),
          line("overlap-patch-embed", Shape.of(1, 128, 32, 32), () -> PatchEmbed.overlapping(160))
              .from(
                  "2203.04967", "tokens of 3x3 patches around every second pixel", Target.work()));

  static final List<Entry> NETWORKS =
      List.of(
          line("unext", Shape.of(1, 3, 256, 256), UNeXt::released)
              .from("2203.04967", "labels pixels by convolutions and shifted MLPs"),
          line("unext-small", Shape.of(1, 3, 256, 256), UNeXt::small)
              .from("2203.04967", "the same with half the channels or fewer"),
          line("hrnetv2-w18-small", Shape.of(1, 3, 256, 256), () -> HighResolutionNet.small(19))
              .from("1908.07919", "labels pixels from four resolutions side by side"),
          labels("hrnetv2-w18", 18),
          labels("hrnetv2-w32", 32),
          labels("hrnetv2-w48", 48),
          line("bpr-w18-small", Shape.of(1, 4, 128, 128), () -> HighResolutionNet.small(2))
              .from("2104.05239", "refines a patch of an image and its mask"),
          line("bpr-w48", Shape.of(1, 4, 256, 256), () -> HighResolutionNet.of(48, 2))
              .from("2104.05239", "refines a patch of an image and its mask"));

  private Pyramids() {}

  private static Entry labels(String name, int width) {
    return line(name, Shape.of(1, 3, 256, 256), () -> HighResolutionNet.of(width, 19))
        .from("1908.07919", "labels pixels from four resolutions side by side");
  }

  private static Block sampled() {
    return (n, in) ->
        List.of(n.gridSample(in.get(0), in.get(1), Sampling.BILINEAR, Outside.ZEROS, false));
  }
}
