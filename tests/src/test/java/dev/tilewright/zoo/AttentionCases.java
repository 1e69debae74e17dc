package dev.tilewright.zoo;

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
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import dev.tilewright.zoo.network.ResNeSt;
import dev.tilewright.zoo.network.ResNet;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.IntFunction;

/** Attention in images, and small networks with it. */
final class AttentionCases {
  static final Map<String, Function<FixtureCase, Block>> BUILDERS =
      Map.ofEntries(
          Map.entry("block/cbam", c -> new Cbam(c.integer("ratio"), c.integer("kernel"))),
          Map.entry("block/scse", c -> new ScSe(2, form(c.text("mode")))),
          Map.entry("block/sge", AttentionCases::groups),
          Map.entry("block/sk", AttentionCases::selective),
          Map.entry("block/double_attention", AttentionCases::doubled),
          Map.entry("block/ulsam", c -> new Ulsam(c.integer("g"), reading(c.text("variant")))),
          Map.entry("block/split_attention", AttentionCases::split),
          Map.entry("network/se_resnet", c -> behind(k -> new SqueezeExcitation(k / 4))),
          Map.entry("network/cbam_resnet", c -> behind(k -> new Cbam(4, 7))),
          Map.entry("network/scse_resnet", c -> behind(k -> new ScSe())),
          Map.entry("network/sge_resnet", c -> behind(k -> new SpatialGroupEnhance(4, true))),
          Map.entry("network/a2_resnet", c -> behind(k -> new DoubleAttention(k / 4, k / 4))),
          Map.entry("network/sk_resnet", c -> selective()),
          Map.entry("network/ulsam_mobilenet", c -> (Block.Single) AttentionCases::subspaces),
          Map.entry("network/resnest", c -> new ResNeSt(List.of(1, 1, 1), 8, 4, 2, 1, 10)));

  private AttentionCases() {}

  private static ScSe.Form form(String mode) {
    return switch (mode) {
      case "c" -> ScSe.Form.CHANNELS;
      case "s" -> ScSe.Form.PLACES;
      case "both" -> ScSe.Form.SUM;
      case "max" -> ScSe.Form.MAX;
      default -> throw new AssertionError(mode);
    };
  }

  private static Ulsam.Form reading(String variant) {
    return switch (variant) {
      case "paper" -> Ulsam.Form.PAPER;
      case "code" -> Ulsam.Form.CODE;
      case "seed" -> Ulsam.Form.FIRST_CODE;
      default -> throw new AssertionError(variant);
    };
  }

  private static Block groups(FixtureCase c) {
    return new SpatialGroupEnhance(c.integer("groups"), c.text("std").startsWith("biased"));
  }

  private static Block selective(FixtureCase c) {
    return new SelectiveKernel(
        c.integer("channels"),
        c.integer("stride"),
        c.integer("M"),
        c.integer("G"),
        c.integer("r"),
        c.integer("L"),
        c.text("variant").equals("paper") ? SelectiveKernel.Form.PAPER : SelectiveKernel.Form.PORT);
  }

  private static Block doubled(FixtureCase c) {
    return new DoubleAttention(
        c.integer("c_m"),
        c.integer("c_n"),
        c.flag("reconstruct"),
        c.flag("residual"),
        c.integer("softmax_axis_V") == 1 ? DoubleAttention.Form.PAPER : DoubleAttention.Form.PORT);
  }

  private static Block split(FixtureCase c) {
    return new SplitAttention(
        c.conv().groups(c.integer("cardinality")), c.integer("radix"), c.flag("norm"));
  }

  /** Three bottlenecks of 4, 8 and 12 channels behind a stem of 8. */
  private static Block behind(IntFunction<Block.Single> attention) {
    return resNet((planes, stride) -> {
      Residual plain = Residual.bottleneck(planes, stride);
      return plain.then("attention", attention.apply(plain.cout()));
    });
  }

  private static Block resNet(ResNet.Unit unit) {
    ResNet.Unit narrow = (planes, stride) -> unit.block(Math.min(planes / 2, 12), stride);
    return new ResNet(List.of(1, 1, 1), 8, narrow, 10);
  }

  private static Block selective() {
    return new ResNet(
        List.of(1, 1, 1),
        8,
        (planes, stride) -> {
          int c = Math.min(planes, 16);
          SelectiveKernel.Form form = SelectiveKernel.Form.PAPER;
          return SelectiveKernel.bottleneck(
              new SelectiveKernel(c, stride, 2, 4, 4, 8, form), 2 * c);
        },
        10);
  }

  /** MobileNet's blocks, under the fixture's names: many of its weights have the same shape. */
  private static Feature subspaces(Layers n, Feature x) {
    Feature y = n.relu(n.convThenBn("stem", x, ConvSpec.of(16, 3).stride(2)));
    Layers b = n.in("b");
    y = n.relu(b.convThenBn("0", y, ConvSpec.of(16, 3).groups(16)));
    y = n.relu(b.convThenBn("1", y, ConvSpec.of(32, 1)));
    y = b.block("2", new Ulsam(), y);
    y = n.relu(b.convThenBn("3", y, ConvSpec.of(32, 3).stride(2).groups(32)));
    y = n.relu(b.convThenBn("4", y, ConvSpec.of(32, 1)));
    y = b.block("5", new Ulsam(), y);
    return n.linear("fc", n.flatten(n.globalAveragePool(y)), 10);
  }
}
