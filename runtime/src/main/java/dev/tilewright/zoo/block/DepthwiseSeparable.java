package dev.tilewright.zoo.block;

import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;

/**
 * Depthwise separable convolution (Howard et al. 2017, MobileNets, arXiv 1704.04861): a 3x3 filter
 * for each channel, then a 1x1 over all, each with batch normalisation and ReLU. It takes 1/K + 1/9
 * of the multiply-adds of the full 3x3.
 *
 * @param six whether activations end at 6
 */
public record DepthwiseSeparable(int cout, int stride, boolean six) implements Block.Single {
  public DepthwiseSeparable(int cout, int stride) {
    this(cout, stride, false);
  }

  @Override
  public Feature apply(Layers n, Feature x) {
    ConvSpec depthwise = ConvSpec.of(x.channels(), 3).stride(stride).groups(x.channels());
    Feature y = activate(n, n.convBn("1", x, depthwise));
    return activate(n, n.convBn("2", y, ConvSpec.of(cout, 1)));
  }

  private Feature activate(Layers n, Feature x) {
    return six ? n.relu6(x) : n.relu(x);
  }
}
