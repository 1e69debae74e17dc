package dev.tilewright.zoo;

import static dev.tilewright.zoo.Mistake.broken;

import dev.tilewright.tensor.Shape;
import dev.tilewright.zoo.block.AsymmetricBlock;
import dev.tilewright.zoo.block.CondConv;
import dev.tilewright.zoo.block.CondLinear;
import dev.tilewright.zoo.block.DilatedStack;
import dev.tilewright.zoo.block.DiverseBranchBlock;
import dev.tilewright.zoo.block.DoConv;
import dev.tilewright.zoo.block.HetConv;
import dev.tilewright.zoo.block.OctConv;
import dev.tilewright.zoo.block.PsConv;
import dev.tilewright.zoo.block.RepMlp;
import dev.tilewright.zoo.block.Res2Net;
import dev.tilewright.zoo.block.SelfCalibrated;
import dev.tilewright.zoo.block.SpatialPyramidPooling;
import dev.tilewright.zoo.block.WeightNet;
import dev.tilewright.zoo.build.ConvSpec;
import java.util.List;

/** Rules of variants of the convolution. */
final class FilterRules {
  private static final Shape SIX = Shape.of(1, 6, 8, 8);

  static final List<Mistake> ALL =
      List.of(
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
              "P (4) divides the input channels (6)", () -> new HetConv(ConvSpec.of(8, 3), 4), SIX),
          broken("K is odd, not 2", () -> new HetConv(ConvSpec.of(8, 2), 4)),
          broken(
              "a column for each of 6 input channels",
              () -> PsConv.cyclic(8, ConvSpec.of(8, 3), 1, 2),
              SIX),
          broken(
              "partitions of 3x3 divide the map of 8x8",
              () -> new RepMlp(8, 3, 3, List.of(1, 3), 2, 2),
              SIX),
          broken(
              "filters of the local perceptron are odd",
              () -> new RepMlp(8, 3, 3, List.of(2), 2, 2)),
          broken("G (3) divides M (4)", () -> new WeightNet(ConvSpec.of(8, 3), 4, 3, 16)),
          broken(
              "at least one expert", () -> new CondConv(ConvSpec.of(8, 3), 0, CondConv.Bias.NONE)),
          broken(
              "the average of 9x9 is no larger than the map of 8x8",
              () -> new SelfCalibrated(ConvSpec.of(6, 3), 9, false),
              SIX),
          broken(
              "3 bins divide a square map, not 8x8",
              () -> new SpatialPyramidPooling(List.of(3)),
              SIX),
          broken("a dilated filter is odd", () -> new DilatedStack(List.of(1, 2), 8, 2)),
          broken(
              "rates have no common divisor, these have 2",
              () -> DilatedStack.hybrid(List.of(2, 2, 2), 8, 3)),
          broken(
              "M_2 is at most the filter's size, not 5",
              () -> DilatedStack.hybrid(List.of(1, 2, 9), 8, 3)),
          broken(
              "OctConv: the stride is 1 or 2, not 3",
              () -> new OctConv(ConvSpec.of(8, 3).stride(3), 0.5)),
          broken(
              "the low input has half the size of the high one",
              () -> new OctConv(ConvSpec.of(8, 3), 0.5),
              SIX,
              SIX),
          broken(
              "alpha_in = 0.25 makes 3 of 12 channels low, not 6",
              () -> new OctConv(ConvSpec.of(8, 3), 0.25, 0.5, false),
              SIX,
              Shape.of(1, 6, 4, 4)),
          broken("P is at least 1, not 0", () -> new HetConv(ConvSpec.of(8, 3), 0)),
          broken("P (3) divides the output channels (8)", () -> new HetConv(ConvSpec.of(8, 3), 3)),
          broken("there are no groups, not 2", () -> new HetConv(ConvSpec.of(8, 3).groups(2), 2)),
          broken(
              "a row for each of 8 output channels, not 1",
              () -> new PsConv(ConvSpec.of(8, 3), List.of(List.of(1)))),
          broken(
              "dilations at least 1, not [0]",
              () -> new PsConv(ConvSpec.of(1, 3), List.of(List.of(0)))),
          broken(
              "the pattern has at least one dilation", () -> PsConv.cyclic(6, ConvSpec.of(8, 3))),
          broken(
              "DO-Conv: groups (4) divide the input channels (6)",
              () -> new DoConv(ConvSpec.of(8, 3).groups(4)),
              SIX),
          broken("DBB: K is odd, not 4", () -> new DiverseBranchBlock(ConvSpec.of(8, 4), 8)),
          broken("ACB: K is odd, not 2", () -> new AsymmetricBlock(ConvSpec.of(8, 2))),
          broken(
              "a partition is at least 1x1, not 0x2", () -> new RepMlp(8, 0, 2, List.of(1), 2, 2)),
          broken(
              "reduction and groups are at least 1", () -> new RepMlp(8, 2, 2, List.of(1), 0, 2)),
          broken("partitions are square", () -> new RepMlp(8, 2, 4, List.of(1), 2, 2), SIX),
          broken(
              "there are at least 2 scales, not 1", () -> Res2Net.bottleneck(8, 26, 1, 1, false)),
          broken(
              "M, G and the reduction are at least 1",
              () -> new WeightNet(ConvSpec.of(8, 3), 0, 1, 16)),
          broken(
              "dense or depthwise, not in 2 groups",
              () -> new WeightNet(ConvSpec.of(8, 3).groups(2), 2, 2, 16),
              SIX),
          broken("a fully connected layer takes [N, in]", () -> new CondLinear(8, 4), SIX),
          broken(
              "6 channels go in and come out, not 8",
              () -> new SelfCalibrated(ConvSpec.of(8, 3)),
              SIX),
          broken(
              "a side of a map has at least one bin, not [0]",
              () -> new SpatialPyramidPooling(List.of(0))),
          broken(
              "dilation rates are at least 1, not [1, 0]",
              () -> new DilatedStack(List.of(1, 0), 8, 3)),
          broken(
              "dilated filters see at most 65536 pixels in a row",
              () -> new DilatedStack(List.of(40000), 8, 3)));

  private FilterRules() {}
}
