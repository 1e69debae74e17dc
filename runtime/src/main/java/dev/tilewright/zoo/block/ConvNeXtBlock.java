package dev.tilewright.zoo.block;

import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import dev.tilewright.zoo.build.Parameter.Role;

/**
 * ConvNeXt's block (Liu et al. 2022, arXiv 2201.03545): a residual of depthwise 7x7, layer
 * normalisation of each pixel's channels, two layers with GELU between them and four times the
 * channels, a scale for each channel.
 */
public record ConvNeXtBlock() implements Block.Single {
  /** What is added to a variance. */
  public static final float EPSILON = 1e-6f;

  @Override
  public Feature apply(Layers n, Feature x) {
    int c = x.channels();
    Feature y = n.conv("block.0", x, ConvSpec.of(c, 7).groups(c).bias(true));
    y = n.layerNorm("block.2", n.transpose(y, 0, 2, 3, 1), EPSILON);
    y = n.linear("block.5", n.gelu(n.linear("block.3", y, 4 * c)), c);
    y = n.transpose(y, 0, 3, 1, 2);
    return n.add(n.mul(y, n.parameter("layer_scale", Role.SCALE, c, 1, 1)), x);
  }
}
