package dev.tilewright.zoo.block;

import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;

/**
 * A convolution with ReLU, and with batch normalisation between them unless it has a bias: what
 * {@link Sequence} and {@link Branches} are mostly made of.
 */
public record ConvUnit(ConvSpec conv) implements Block.Single {
  /** A square filter that keeps the size, normalised. */
  public static ConvUnit of(int cout, int kernel) {
    return new ConvUnit(ConvSpec.of(cout, kernel));
  }

  /** A filter that keeps the size, normalised. */
  public static ConvUnit of(int cout, int kernelH, int kernelW) {
    return new ConvUnit(ConvSpec.of(cout, kernelH, kernelW));
  }

  /** A square filter that sees only pixels of the map, normalised. */
  public static ConvUnit valid(int cout, int kernel, int stride) {
    return new ConvUnit(ConvSpec.of(cout, kernel).padding(0).stride(stride));
  }

  @Override
  public Feature apply(Layers n, Feature x) {
    Feature y = n.conv("conv", x, conv);
    return n.relu(conv.bias() ? y : n.bn("bn", y));
  }
}
