package dev.tilewright.zoo;

import static java.lang.Double.NaN;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tilewright.tensor.Shape;
import dev.tilewright.zoo.algorithm.SwinWindows;
import dev.tilewright.zoo.block.Branches;
import dev.tilewright.zoo.block.Cbam;
import dev.tilewright.zoo.block.CondConv;
import dev.tilewright.zoo.block.ConvUnit;
import dev.tilewright.zoo.block.DilatedStack;
import dev.tilewright.zoo.block.DoConv;
import dev.tilewright.zoo.block.DoubleAttention;
import dev.tilewright.zoo.block.FeaturePyramid;
import dev.tilewright.zoo.block.HetConv;
import dev.tilewright.zoo.block.HighResolutionModule;
import dev.tilewright.zoo.block.InceptionModule;
import dev.tilewright.zoo.block.InceptionResidual;
import dev.tilewright.zoo.block.InvertedResidual;
import dev.tilewright.zoo.block.OctConv;
import dev.tilewright.zoo.block.PatchEmbed;
import dev.tilewright.zoo.block.PatchMerging;
import dev.tilewright.zoo.block.PsConv;
import dev.tilewright.zoo.block.RegNetBlock;
import dev.tilewright.zoo.block.RepMlp;
import dev.tilewright.zoo.block.ScSe;
import dev.tilewright.zoo.block.SelectiveKernel;
import dev.tilewright.zoo.block.SelfAttention;
import dev.tilewright.zoo.block.SelfCalibrated;
import dev.tilewright.zoo.block.ShiftMlp;
import dev.tilewright.zoo.block.ShuffleUnit;
import dev.tilewright.zoo.block.SpatialGroupEnhance;
import dev.tilewright.zoo.block.SpatialPyramidPooling;
import dev.tilewright.zoo.block.SplitAttention;
import dev.tilewright.zoo.block.SqueezeExcitation;
import dev.tilewright.zoo.block.SwinBlock;
import dev.tilewright.zoo.block.SwinMlpBlock;
import dev.tilewright.zoo.block.Ulsam;
import dev.tilewright.zoo.block.WeightNet;
import dev.tilewright.zoo.block.WindowAttention;
import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.Blueprint;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.PoolSpec;
import dev.tilewright.zoo.build.RuleException;
import dev.tilewright.zoo.network.AnyNet;
import dev.tilewright.zoo.network.AnyNet.Stage;
import dev.tilewright.zoo.network.EfficientNet;
import dev.tilewright.zoo.network.HighResolutionNet;
import dev.tilewright.zoo.network.MlpMixer;
import dev.tilewright.zoo.network.MobileNet;
import dev.tilewright.zoo.network.RegNet;
import dev.tilewright.zoo.network.SwinTransformer;
import dev.tilewright.zoo.network.UNeXt;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What cannot be built is refused by the name of the rule. */
class RulesTest {
  private static Arguments broken(String rule, Supplier<Block> block, Shape... inputs) {
    return Arguments.of(rule, block, inputs);
  }

  private static Block conv(ConvSpec spec) {
    return (Block.Single) (n, x) -> n.conv("conv", x, spec);
  }

  private static Block scSe(int r) {
    return new ScSe(r, ScSe.Form.SUM);
  }

  private static Block selective(int m, int r) {
    return new SelectiveKernel(32, 1, m, 32, r, 32, SelectiveKernel.Form.PAPER);
  }

  static Stream<Arguments> mistakes() {
    Shape six = Shape.of(1, 6, 8, 8);
    Shape tokens = Shape.of(1, 9, 6);
    return Stream.of(
        broken(
            "groups (4) divide the output channels (6)", () -> conv(ConvSpec.of(6, 3).groups(4))),
        broken(
            "groups (4) divide the input channels (6)",
            () -> conv(ConvSpec.of(8, 3).groups(4)),
            six),
        broken(
            "the window (9) is no larger than the map and its padding (8 + 2 * 0)",
            () -> conv(ConvSpec.of(8, 5).dilation(2).padding(0)),
            six),
        broken("stride is at least 1", () -> conv(ConvSpec.of(8, 3).stride(0))),
        broken(
            "padding (3) is less than the window (3)",
            () -> (Block.Single) (n, x) -> n.maxPool(x, PoolSpec.of(3).padding(3)),
            six),
        broken(
            "D_mul is at least the filter's taps M * N = 9, not 4",
            () -> new DoConv(ConvSpec.of(8, 3), 4, DoConv.Form.KERNEL_COMPOSITION)),
        broken(
            "alpha_in lies in [0, 1], not at 1.5",
            () -> new OctConv(ConvSpec.of(8, 3), 1.5, 0.5, false)),
        broken(
            "alpha_out lies in [0, 1], not at NaN",
            () -> new OctConv(ConvSpec.of(8, 3), 0.5, Double.NaN, false)),
        broken(
            "alpha_out (1.0) leaves one of 8 output channels at full resolution",
            () -> new OctConv(ConvSpec.of(8, 3), 0, 1, false)),
        broken(
            "multiples of 4, not 8x6",
            () -> new OctConv(ConvSpec.of(8, 3).stride(2), 0, 0.5, false),
            Shape.of(1, 6, 8, 6)),
        broken(
            "P (4) divides the input channels (6)", () -> new HetConv(ConvSpec.of(8, 3), 4), six),
        broken("K is odd, not 2", () -> new HetConv(ConvSpec.of(8, 2), 4)),
        broken(
            "a column for each of 6 input channels",
            () -> PsConv.cyclic(8, ConvSpec.of(8, 3), 1, 2),
            six),
        broken(
            "partitions of 3x3 divide the map of 8x8",
            () -> new RepMlp(8, 3, 3, List.of(1, 3), 2, 2),
            six),
        broken(
            "filters of the local perceptron are odd", () -> new RepMlp(8, 3, 3, List.of(2), 2, 2)),
        broken("G (3) divides M (4)", () -> new WeightNet(ConvSpec.of(8, 3), 4, 3, 16)),
        broken("at least one expert", () -> new CondConv(ConvSpec.of(8, 3), 0, CondConv.Bias.NONE)),
        broken(
            "the average of 9x9 is no larger than the map of 8x8",
            () -> new SelfCalibrated(ConvSpec.of(6, 3), 9, false),
            six),
        broken(
            "3 bins divide a square map, not 8x8",
            () -> new SpatialPyramidPooling(List.of(3)),
            six),
        broken("a dilated filter is odd", () -> new DilatedStack(List.of(1, 2), 8, 2)),
        broken(
            "rates have no common divisor, these have 2",
            () -> DilatedStack.hybrid(List.of(2, 2, 2), 8, 3)),
        broken(
            "M_2 is at most the filter's size, not 5",
            () -> DilatedStack.hybrid(List.of(1, 2, 9), 8, 3)),
        broken("number of shifts is odd", () -> new ShiftMlp(3, 3, 6, 4, ShiftMlp.Order.CODE)),
        broken("five stages, not 2", () -> new UNeXt(List.of(8, 16), ShiftMlp.Order.CODE, 1)),
        broken("UNeXt: height and width are multiples of 32, not 8x8", UNeXt::released, six),
        broken(
            "HRNet: height and width are multiples of 32", () -> HighResolutionNet.small(2), six),
        broken(
            "at least one module, not [0]", () -> new HighResolutionNet(8, 1, 4, List.of(0), 1, 2)),
        broken(
            "a branch has half the size of the one before",
            () -> new HighResolutionModule(1, HighResolutionModule.Enlarge.NEAREST),
            six,
            six),
        broken(
            "maps are given from fine to coarse", FeaturePyramid::new, six, Shape.of(1, 6, 16, 16)),
        broken("heads (4) divide the channels (6)", () -> new SelfAttention(4), tokens),
        broken("at least one head, not 0", () -> new SelfAttention(0)),
        broken(
            "a window has 16 tokens, not 9",
            () -> new WindowAttention(2, 4, Optional.empty()),
            tokens),
        broken(
            "the windows of a mask (4) divide those given (1)",
            () -> new WindowAttention(2, 3, Optional.of(SwinWindows.mask(6, 6, 3, 1))),
            tokens),
        broken("the window (4) divides the map (6x8)", () -> new SwinBlock(6, 8, 2, 4, 2)),
        broken("the shift (4) is less than the window (4)", () -> new SwinBlock(8, 8, 2, 4, 4)),
        broken("a map of 4x4 has 16 tokens, not 9", () -> new PatchMerging(4, 4), tokens),
        broken("the window (4) divides the map (6x8)", () -> new SwinMlpBlock(6, 8, 2, 4, 2)),
        broken("the shift (-1) is less", () -> new SwinMlpBlock(8, 8, 2, 4, -1)),
        broken("heads (4) divide the channels (6)", () -> new SwinMlpBlock(3, 3, 4, 3, 0), tokens),
        broken("height and width are even, not 3x3", () -> new PatchMerging(3, 3)),
        broken("their size (3) divides the image (8x8)", () -> PatchEmbed.of(3, 4, true), six),
        broken(
            "the patch (3) divides the image (8x8)",
            () -> new MlpMixer(3, 4, 1, 4, 4, MlpMixer.Stem.LINEAR, 2),
            six),
        broken(
            "a stage has depth and heads; there are [2, 2] and [1]",
            () -> new SwinTransformer(4, 8, List.of(2, 2), List.of(1), 7, SwinBlock::new, 2)),
        broken("channels are squeezed to at least one, not 0", () -> new SqueezeExcitation(0)),
        broken("the expansion t is at least 1, not 0", () -> InvertedResidual.mobile(6, 6, 1, 0)),
        broken("the filter's size is odd, not 4", () -> InvertedResidual.mbconv(6, 6, 4, 1, 6)),
        broken(
            "the group width (4) divides the channels of the 3x3 (6)",
            () -> new RegNetBlock(6, 1, 4, 1, 0)),
        broken("the squeeze ratio is 0 to 1, not NaN", () -> new RegNetBlock(8, 1, 4, 1, NaN)),
        broken(
            "w0 a multiple of 8, not wa 36.0, wm 2.5, w0 20",
            () -> new RegNet(13, 20, 36, 2.5, 8).x()),
        broken("wm > 1", () -> new RegNet(13, 24, 36, 1, 8).x()),
        broken(
            "a stage has at least one block, not 0",
            () -> new AnyNet(8, List.of(new Stage(0, 8, 4, 1)), 0, 10)),
        broken("the width multiplier is above 0, not NaN", () -> MobileNet.v2(NaN, 10)),
        broken("there are B0 to B7, no B8", () -> EfficientNet.b(8).network(10)),
        broken("both halves have the same number of channels", () -> new ShuffleUnit(7, 1)),
        broken(
            "a unit without a stride keeps its channels: 6, not 8",
            () -> new ShuffleUnit(8, 1),
            six),
        broken(
            "each branch of an inception module has channels: 4, 0-4, 4-4, 4",
            () -> new InceptionModule(4, 0, 4, 4, 4, 4, InceptionModule.Wide.FIVE, true)),
        broken(
            "residuals are scaled by 0 to 1, not 1.5",
            () -> new InceptionResidual(Branches.of(ConvUnit.of(4, 1)), 1.5)),
        broken("CBAM: the filter over places is of odd size, not 6", () -> new Cbam(2, 6)),
        broken("CBAM: the reduction ratio (16) is no more than the channels (6)", Cbam::new, six),
        broken("CBAM: the reduction ratio is at least 1, not 0", () -> new Cbam(0, 7)),
        broken("scSE: the reduction r is at least 1, not 0", () -> scSe(0)),
        broken("scSE: the reduction r (8) is no more than the channels (6)", () -> scSe(8), six),
        broken("SGE: there is at least one group, not 0", () -> new SpatialGroupEnhance(0, true)),
        broken(
            "SGE: groups (4) divide the channels (6)", () -> new SpatialGroupEnhance(4, true), six),
        broken(
            "SGE: an unbiased deviation is that of at least two places",
            () -> new SpatialGroupEnhance(2, false),
            Shape.of(1, 6, 1, 1)),
        broken("SK: there is at least one branch, M is not 0", () -> selective(0, 16)),
        broken("SK: r and L are at least 1, not 0 and 32", () -> selective(2, 0)),
        broken("A2: c_m and c_n are at least 1, not 0 and 4", () -> new DoubleAttention(0, 4)),
        broken(
            "A2: what is added to the input is reconstructed first",
            () -> new DoubleAttention(4, 4, false, true, DoubleAttention.Form.PAPER)),
        broken(
            "ULSAM: there is at least one subspace, g is not 0",
            () -> new Ulsam(0, Ulsam.Form.PAPER)),
        broken("ULSAM: subspaces (4) divide the channels (6)", Ulsam::new, six),
        broken(
            "split attention: the radix is at least 1, not 0",
            () -> new SplitAttention(ConvSpec.of(8, 3), 0, true)),
        broken(
            "there are blocks 0 to 12, not 13",
            () -> MobileNet.v1Logits(0.25, 10).with(new Ulsam(), 13)),
        broken("takes one input, 2 are given", () -> conv(ConvSpec.of(8, 3)), six, six));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("mistakes")
  void namesTheRule(String rule, Supplier<Block> block, Shape[] inputs) {
    assertThatThrownBy(() -> Blueprint.of(block.get(), inputs))
        .isInstanceOf(RuleException.class)
        .hasMessageContaining(rule);
  }
}
