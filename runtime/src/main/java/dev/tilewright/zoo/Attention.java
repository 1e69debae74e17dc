package dev.tilewright.zoo;

import static dev.tilewright.zoo.Zoo.line;

import dev.tilewright.tensor.Shape;
import dev.tilewright.zoo.Zoo.Entry;
import dev.tilewright.zoo.block.Cbam;
import dev.tilewright.zoo.block.DoubleAttention;
import dev.tilewright.zoo.block.Residual;
import dev.tilewright.zoo.block.ScSe;
import dev.tilewright.zoo.block.SelectiveKernel;
import dev.tilewright.zoo.block.SpatialGroupEnhance;
import dev.tilewright.zoo.block.SplitAttention;
import dev.tilewright.zoo.block.SqueezeExcitation;
import dev.tilewright.zoo.block.Ulsam;
import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.network.MobileNet;
import dev.tilewright.zoo.network.ResNeSt;
import dev.tilewright.zoo.network.ResNet;
import java.util.List;
import java.util.function.IntFunction;

/** What scales channels and places of an image by what it sees in it, and networks with it. */
final class Attention {
  private static final Shape IMAGE = Shape.of(1, 128, 28, 28);
  private static final Shape IMAGENET = Shape.of(1, 3, 224, 224);

  static final List<Entry> BLOCKS =
      List.of(
          line("cbam", IMAGE, Cbam::new)
              .from(
                  "1807.06521",
                  "channels, then places, by means and maxima",
                  Target.copy().recorded(0.164)),
          line("cse", IMAGE, () -> new ScSe(2, ScSe.Form.CHANNELS))
              .from("1803.02579", "channels scaled", Target.copy()),
          line("sse", IMAGE, () -> new ScSe(2, ScSe.Form.PLACES))
              .from("1803.02579", "places scaled", Target.copy()),
          line("scse", IMAGE, ScSe::new)
              .from("1803.02579", "channels scaled plus places scaled", Target.copy()),
          line("sge", IMAGE, SpatialGroupEnhance::new)
              .from("1905.09646", "places scaled in each group of channels", Target.copy()),
          line("sk", IMAGE, () -> new SelectiveKernel(128, 1))
              .from(
                  "1903.06586",
                  "3x3 and dilated 3x3, weighted for each image",
                  Target.work().recorded(0.806)),
          line("double-attention", IMAGE, () -> new DoubleAttention(32, 32))
              .from(
                  "1810.11579",
                  "descriptors gathered from all places and spread again",
                  Target.work().recorded(0.221)),
          line("ulsam", IMAGE, Ulsam::new)
              .from(
                  "2006.15102",
                  "one attention map for each group of channels",
                  Target.copy().recorded(0.131)),
          line("split-attention", IMAGE, () -> new SplitAttention(ConvSpec.of(128, 3)))
              .from(
                  "2004.08955",
                  "two grouped 3x3, weighted for each image",
                  Target.work().recorded(1.343)));

  static final List<Entry> NETWORKS =
      List.of(
          line("se-resnet50", IMAGENET, () -> behind("se", c -> new SqueezeExcitation(c / 16)))
              .from("1709.01507", "ResNet-50 with squeeze and excitation"),
          line("cbam-resnet50", IMAGENET, () -> behind("cbam", c -> new Cbam()))
              .from("1807.06521", "ResNet-50 with CBAM"),
          line("scse-resnet50", IMAGENET, () -> behind("scse", c -> new ScSe()))
              .from("1803.02579", "ResNet-50 with scSE"),
          line("sge-resnet50", IMAGENET, () -> behind("sge", c -> new SpatialGroupEnhance()))
              .from("1905.09646", "ResNet-50 with SGE"),
          line("a2-resnet50", IMAGENET, () -> behind("a2", c -> new DoubleAttention(c / 4, c / 4)))
              .from("1810.11579", "ResNet-50 with double attention"),
          line("sk-resnet50", IMAGENET, () -> ResNet.of(SelectiveKernel::bottleneck, 3, 4, 6, 3))
              .from("1903.06586", "SKNet-50"),
          line("ulsam-mobilenet", IMAGENET, Attention::subspaces)
              .from("2006.15102", "MobileNet v1 with ULSAM behind its five blocks of 14x14"),
          line("resnest50", IMAGENET, () -> ResNeSt.of(64, 3, 4, 6, 3))
              .from("2004.08955", "ResNet-50 of split attention, pools for strides"),
          line("resnest101", IMAGENET, () -> ResNeSt.of(128, 3, 4, 23, 3))
              .from("2004.08955", "ResNet-101 of split attention, pools for strides"));

  private Attention() {}

  /** ResNet-50 with an attention behind the last 1x1 of every bottleneck. */
  private static ResNet behind(String name, IntFunction<Block.Single> attention) {
    ResNet.Unit unit =
        (planes, stride) -> {
          Residual plain = Residual.bottleneck(planes, stride);
          return plain.then(name, attention.apply(plain.cout()));
        };
    return ResNet.of(unit, 3, 4, 6, 3);
  }

  private static MobileNet subspaces() {
    return MobileNet.v1Logits(1, 1000).with(new Ulsam(), 6, 7, 8, 9, 10);
  }
}
