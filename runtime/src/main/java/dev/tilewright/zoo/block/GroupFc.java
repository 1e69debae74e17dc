package dev.tilewright.zoo.block;

import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;

/** A fully connected layer in groups, y_g = W_g x_g + b_g, over each pixel: a grouped 1x1. */
public record GroupFc(int cout, int groups) implements Block.Single {
  @Override
  public Feature apply(Layers n, Feature x) {
    return n.conv("fc", x, ConvSpec.of(cout, 1).groups(groups).bias(true));
  }
}
