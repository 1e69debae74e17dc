package dev.tilewright.zoo.block;

import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import dev.tilewright.zoo.build.PoolSpec;

/** Between the stages of DenseNet (arXiv 1608.06993): half the channels, half the size. */
public record DenseTransition() implements Block.Single {
  @Override
  public Feature apply(Layers n, Feature x) {
    Feature y = n.relu(n.bn("norm", x));
    y = n.conv("conv", y, ConvSpec.of(x.channels() / 2, 1));
    return n.averagePool(y, PoolSpec.of(2));
  }
}
