package dev.tilewright.zoo;

import dev.tilewright.zoo.block.AsymmetricBlock;
import dev.tilewright.zoo.block.CondConv;
import dev.tilewright.zoo.block.CondLinear;
import dev.tilewright.zoo.block.DbbTransform;
import dev.tilewright.zoo.block.DepthwiseSeparable;
import dev.tilewright.zoo.block.DilatedStack;
import dev.tilewright.zoo.block.DiverseBranchBlock;
import dev.tilewright.zoo.block.DoConv;
import dev.tilewright.zoo.block.GroupFc;
import dev.tilewright.zoo.block.HetConv;
import dev.tilewright.zoo.block.OctConv;
import dev.tilewright.zoo.block.PixelShuffleConv;
import dev.tilewright.zoo.block.PsConv;
import dev.tilewright.zoo.block.RepMlp;
import dev.tilewright.zoo.block.RepVggBlock;
import dev.tilewright.zoo.block.Res2Net;
import dev.tilewright.zoo.block.SelfCalibrated;
import dev.tilewright.zoo.block.SpatialPyramidPooling;
import dev.tilewright.zoo.block.WeightNet;
import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.PoolSpec;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Variants of the convolution itself. */
final class FilterCases {
  static final Map<String, Function<FixtureCase, Block>> BUILDERS = builders();

  private FilterCases() {}

  private static Map<String, Function<FixtureCase, Block>> builders() {
    Map<String, Function<FixtureCase, Block>> all = new HashMap<>();
    all.put(
        "doconv", c -> new DoConv(c.conv(), c.integer("D_mul"), DoConv.Form.FEATURE_COMPOSITION));
    all.put("psconv", FilterCases::psConv);
    all.put("dbb", c -> new DiverseBranchBlock(c.conv(), c.integer("internal")));
    all.put("dbb_transforms", FilterCases::transform);
    all.put("acb_multiscale", c -> new AsymmetricBlock(c.conv(), true));
    all.put(
        "repvgg_block",
        c -> new RepVggBlock(c.integer("cout"), c.integer("stride"), c.integer("groups")));
    all.put(
        "repmlp",
        c ->
            new RepMlp(
                c.integer("O"),
                c.integer("h"),
                c.integer("w"),
                Arrays.stream(c.integers("conv_kernels")).boxed().toList(),
                c.integer("fc1_fc2_reduction"),
                c.integer("fc3_groups")));
    all.put("pixelshuffle_conv", c -> new PixelShuffleConv(c.integer("cout"), c.integer("n")));
    all.put("group_fc", c -> new GroupFc(c.size("outputs", 0, 1), c.integer("groups")));
    all.put("condconv", FilterCases::condConv);
    all.put("weightnet", FilterCases::weightNet);
    all.put("octconv", FilterCases::octConv);
    all.put("res2net_bottleneck", FilterCases::res2Net);
    all.put("hetconv", c -> new HetConv(c.conv(), c.integer("p")));
    all.put("scconv", FilterCases::scConv);
    all.put("spp", c -> new SpatialPyramidPooling(List.of(4, 2, 1)));
    all.put(
        "hdc_stack",
        c -> new DilatedStack(Arrays.stream(c.integers("rates")).boxed().toList(), 6, 3));
    all.put(
        "depthwise_separable",
        c ->
            new DepthwiseSeparable(
                c.integer("cout"), c.integer("stride"), c.name().endsWith("relu6")));
    Map<String, Function<FixtureCase, Block>> named = new HashMap<>();
    all.forEach((system, builder) -> named.put("block/" + system, builder));
    return named;
  }

  private static Block psConv(FixtureCase c) {
    int cin = c.size("inputs", 0, 1);
    ConvSpec conv = c.has("kernel") ? c.conv() : ConvSpec.of(c.integer("cout"), 3);
    return PsConv.cyclic(cin, conv, c.integers("pattern"));
  }

  private static Block transform(FixtureCase c) {
    ConvSpec three = ConvSpec.of(8, 3);
    return switch (c.text("transform")) {
      case "t1_conv_bn" -> DbbTransform.normalised(three);
      case "t1_conv_bn_dw" -> DbbTransform.normalised(three.groups(8));
      case "t2_add_branch" -> DbbTransform.added(three.bias(true), 3);
      case "t2_add_branch_g" -> DbbTransform.added(ConvSpec.of(9, 3).groups(3).bias(true), 2);
      case "t3_1x1_kxk" -> DbbTransform.sequence(5, three.bias(true));
      case "t3_1x1_kxk_g" -> DbbTransform.sequence(4, three.groups(2).bias(true));
      case "t3_nopad" -> DbbTransform.sequence(6, ConvSpec.of(5, 3).padding(0).bias(true));
      case "t4_depth_concat" -> DbbTransform.joined(three.bias(true), 3, 4, 2);
      case "t5_avgpool" -> DbbTransform.averaged(PoolSpec.of(3).stride(1).padding(1));
      case "t5_avgpool_nopad" -> DbbTransform.averaged(PoolSpec.of(2));
      case "t6_1x1" -> DbbTransform.scales(ConvSpec.of(7, 1, 1).bias(true));
      case "t6_1x3" -> DbbTransform.scales(ConvSpec.of(7, 1, 3).bias(true));
      case "t6_3x1" -> DbbTransform.scales(ConvSpec.of(7, 3, 1).bias(true));
      case "t6_3x3" -> DbbTransform.scales(ConvSpec.of(7, 3, 3).bias(true));
      default -> throw new AssertionError(c.name());
    };
  }

  private static Block condConv(FixtureCase c) {
    if (c.name().equals("fc")) {
      return new CondLinear(c.size("outputs", 0, 1), 4);
    }
    CondConv.Bias bias =
        !c.has("bias")
            ? CondConv.Bias.NONE
            : c.text("bias").equals("shared") ? CondConv.Bias.SHARED : CondConv.Bias.EXPERT;
    return new CondConv(c.conv(), c.integer("experts"), bias);
  }

  private static Block weightNet(FixtureCase c) {
    ConvSpec conv = c.conv();
    return new WeightNet(
        c.flag("depthwise") ? conv.groups(conv.cout()) : conv, c.integer("M"), c.integer("G"), 16);
  }

  private static Block octConv(FixtureCase c) {
    if (c.has("variant")) {
      return new OctConv(ConvSpec.of(6, 3).bias(true), 0.5, 0, true);
    }
    return new OctConv(c.conv(), c.number("alpha_in"), c.number("alpha_out"), false);
  }

  private static Block res2Net(FixtureCase c) {
    int planes = c.integer("planes");
    int scales = c.integer("scales");
    int stride = c.integer("stride");
    if (c.text("mode").equals("seed")) {
      return firstPasses(planes / scales, 4 * planes, stride, scales, c.integer("groups"));
    }
    Res2Net.Form form = stride > 1 ? Res2Net.Form.STAGE : Res2Net.Form.LAST_PASSES;
    return new Res2Net(c.integer("width"), 4 * planes, stride, scales, 1, form).residual();
  }

  static Block.Single firstPasses(int width, int cout, int stride, int scales, int groups) {
    Res2Net.Form form = Res2Net.Form.FIRST_PASSES;
    return new Res2Net(width, cout, stride, scales, groups, form).residual();
  }

  private static Block scConv(FixtureCase c) {
    if (c.name().equals("branches")) {
      return new SelfCalibrated.Split(new SelfCalibrated(ConvSpec.of(8, 3)));
    }
    ConvSpec conv =
        ConvSpec.of(c.integer("channels"), 3)
            .stride(c.integer("stride"))
            .dilation(c.integer("dilation"))
            .groups(c.integer("groups"));
    return new SelfCalibrated(conv, c.integer("pooling_r"), c.text("upsample").equals("bilinear"));
  }
}
