package dev.tilewright.zoo.block;

import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;

/**
 * Pixels of N*N*C channels spread out as NxN pixels, then an NxN filter with stride N: the same as
 * a 1x1 over all N*N*C, which is how a convolution becomes pointwise.
 *
 * @param factor N
 */
public record PixelShuffleConv(int cout, int factor) implements Block.Single {
  @Override
  public Feature apply(Layers n, Feature x) {
    ConvSpec conv = ConvSpec.of(cout, factor).stride(factor).padding(0).bias(true);
    return n.conv("conv", n.pixelShuffle(x, factor), conv);
  }
}
