package dev.tilewright.zoo.block;

import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import java.util.List;

/**
 * DenseNet's layer (Huang et al. 2017, arXiv 1608.06993): normalised, rectified, 1x1, and again
 * with a 3x3, whose channels are added behind those of the input. The first normalisation has no
 * convolution before it to go into.
 *
 * @param growth channels that are added
 */
public record DenseLayer(int growth) implements Block.Single {
  /** The 1x1 has so many times the channels of the 3x3. */
  private static final int BOTTLENECK = 4;

  @Override
  public Feature apply(Layers n, Feature x) {
    Feature y = n.relu(n.bn("norm1", x));
    y = n.relu(n.bn("norm2", n.conv("conv1", y, ConvSpec.of(BOTTLENECK * growth, 1))));
    return n.concat(1, List.of(x, n.conv("conv2", y, ConvSpec.of(growth, 3))));
  }
}
