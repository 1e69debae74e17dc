package dev.tilewright.zoo;

import dev.tilewright.zoo.block.CondConv;
import dev.tilewright.zoo.block.DiverseBranchBlock;
import dev.tilewright.zoo.block.DoConv;
import dev.tilewright.zoo.block.HetConv;
import dev.tilewright.zoo.block.OctBottleneck;
import dev.tilewright.zoo.block.PsConv;
import dev.tilewright.zoo.block.RepMlp;
import dev.tilewright.zoo.block.Residual;
import dev.tilewright.zoo.block.Residual.Middle;
import dev.tilewright.zoo.block.SelfCalibrated;
import dev.tilewright.zoo.block.WeightNet;
import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import dev.tilewright.zoo.build.PoolSpec;
import dev.tilewright.zoo.network.DilatedContext;
import dev.tilewright.zoo.network.RepVgg;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Small networks made of variants of the convolution. */
final class FilterNetworkCases {
  static final Map<String, Function<FixtureCase, Block>> BUILDERS =
      Map.ofEntries(
          Map.entry("network/do_resnet", c -> doResNet()),
          Map.entry("network/ps_resnet", c -> psResNet()),
          Map.entry("network/sc_resnet", c -> scResNet()),
          Map.entry("network/oct_resnet", c -> octResNet()),
          Map.entry("network/res2net", c -> res2Net()),
          Map.entry("network/dbb_net", c -> dbbNet()),
          Map.entry("network/het_vgg", c -> hetVgg()),
          Map.entry("network/repmlp_net", c -> repMlpNet()),
          Map.entry("network/condconv_net", c -> condConvNet()),
          Map.entry("network/weightnet_net", c -> weightNetNet()),
          Map.entry(
              "network/repvgg",
              c -> new RepVgg(List.of(1, 2, 2, 1), List.of(8, 8, 8, 16, 24), 1, 10)),
          Map.entry("network/dilated_context", c -> new DilatedContext()));

  private FilterNetworkCases() {}

  /** A stem of 8 channels at a quarter of the size, blocks, a classifier of 10 classes. */
  static Block.Single resNet(Block.Single... blocks) {
    return (n, x) -> {
      Feature y = n.convBnRelu("1", x, ConvSpec.of(8, 7).stride(2));
      return body(n, n.maxPool(y, PoolSpec.of(3).stride(2).padding(1)), blocks);
    };
  }

  /** A stem of 3x3 at half of the size, blocks, a classifier of 10 classes. */
  static Block.Single net(int stem, Block.Single... blocks) {
    return (n, x) -> body(n, n.convBnRelu("1", x, ConvSpec.of(stem, 3).stride(2)), blocks);
  }

  private static Feature body(Layers n, Feature x, Block.Single... blocks) {
    Feature y = x;
    for (int i = 0; i < blocks.length; i++) {
      y = n.block("body." + i, blocks[i], y);
    }
    return n.linear("fc", n.flatten(n.globalAveragePool(y)), 10);
  }

  private static Residual unit(int planes, int stride, Middle middle) {
    return Residual.bottleneck(ConvSpec.of(planes, 3).stride(stride), 4 * planes, middle);
  }

  private static Block.Single normalised(Block.Single block) {
    return (n, x) -> n.relu(n.bn("bn", n.block("conv", block, x)));
  }

  private static Block.Single activated(Block.Single block) {
    return (n, x) -> n.relu(block.apply(n, x));
  }

  private static Block.Single half() {
    return (n, x) -> n.maxPool(x, PoolSpec.of(2));
  }

  private static Block doResNet() {
    Middle middle = Middle.of(c -> new DoConv(c, c.taps(), DoConv.Form.FEATURE_COMPOSITION));
    return resNet(unit(4, 1, middle), unit(8, 2, middle));
  }

  private static Block psResNet() {
    Middle middle = Middle.of(c -> PsConv.cyclic(c.cout(), c, 1, 2, 1, 4));
    return resNet(unit(8, 1, middle), unit(8, 2, middle), unit(16, 2, middle));
  }

  private static Block scResNet() {
    Middle middle =
        (n, x, c) -> {
          SelfCalibrated half = new SelfCalibrated(c.to(c.cout() / 2));
          return n.block("conv2", new SelfCalibrated.Split(half), x);
        };
    return resNet(unit(8, 1, middle), unit(16, 2, middle));
  }

  private static Block octResNet() {
    Block body =
        (n, inputs) -> {
          List<Feature> y = n.block("0", new OctBottleneck(4, 1, 0, 0.5), inputs);
          y = n.block("1", new OctBottleneck(8, 2, 0.5, 0.5), y);
          y = n.block("2", new OctBottleneck(12, 2, 0.5, 0.5), y);
          y = n.block("3", new OctBottleneck(16, 2, 0.5, 0), y);
          return n.block("4", new OctBottleneck(16, 1, 0, 0), y);
        };
    return resNet((n, x) -> body.apply(n, List.of(x)).getFirst());
  }

  private static Block res2Net() {
    return resNet(
        FilterCases.firstPasses(2, 32, 1, 4, 1),
        FilterCases.firstPasses(4, 64, 2, 4, 1),
        FilterCases.firstPasses(4, 64, 1, 4, 1),
        FilterCases.firstPasses(6, 96, 2, 4, 1));
  }

  private static Block dbbNet() {
    return net(
        6, dbb(6, 6, 2), dbb(6, 6, 1), dbb(6, 8, 2), dbb(8, 8, 1), dbb(8, 12, 2), dbb(12, 12, 1));
  }

  private static Block.Single dbb(int cin, int cout, int stride) {
    return activated(new DiverseBranchBlock(ConvSpec.of(cout, 3).stride(stride), cin));
  }

  private static Block hetVgg() {
    return net(8, het(8), het(16), half(), het(16));
  }

  private static Block.Single het(int cout) {
    return normalised(new HetConv(ConvSpec.of(cout, 3).bias(true), 4));
  }

  private static Block repMlpNet() {
    return net(
        8,
        activated(new RepMlp(8, 4, 4, List.of(1, 3), 4, 2)),
        half(),
        activated(new RepMlp(8, 4, 4, List.of(3), 2, 4)));
  }

  private static Block condConvNet() {
    return net(8, depthwise(1), experts(16), depthwise(2), experts(24));
  }

  private static Block.Single depthwise(int stride) {
    return (n, x) ->
        n.convBnRelu("", x, ConvSpec.of(x.channels(), 3).stride(stride).groups(x.channels()));
  }

  private static Block.Single experts(int cout) {
    return normalised(new CondConv(ConvSpec.of(cout, 1), 4, CondConv.Bias.NONE));
  }

  private static Block weightNetNet() {
    return net(
        8,
        normalised(new WeightNet(ConvSpec.of(12, 3).stride(2), 2, 2, 4)),
        normalised(new WeightNet(ConvSpec.of(12, 3).groups(12), 2, 2, 4)),
        normalised(new WeightNet(ConvSpec.of(16, 1), 2, 2, 4)));
  }
}
