package dev.tilewright.zoo.block;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;

/**
 * Makes tokens [N, T, C] of the patches of an image by a convolution.
 *
 * @param normal whether the tokens are normalised
 */
public record PatchEmbed(ConvSpec conv, boolean normal) implements Block.Single {
  /** Patches side by side. */
  public static PatchEmbed of(int patch, int dim, boolean normal) {
    return new PatchEmbed(ConvSpec.of(dim, patch).stride(patch).padding(0).bias(true), normal);
  }

  /** 3x3 patches around every second pixel, normalised (UNeXt, arXiv 2203.04967). */
  public static PatchEmbed overlapping(int dim) {
    return new PatchEmbed(ConvSpec.of(dim, 3).stride(2).bias(true), true);
  }

  @Override
  public Feature apply(Layers n, Feature x) {
    require(
        conv.padH() > 0 || (x.height() % conv.stride() == 0 && x.width() % conv.stride() == 0),
        "patches: their size (%d) divides the image (%dx%d)",
        conv.stride(),
        x.height(),
        x.width());
    Feature tokens = tokens(n, n.conv("proj", x, conv));
    return normal ? n.layerNorm("norm", tokens, Layers.EPSILON) : tokens;
  }

  /** The pixels of an image as tokens [N, H*W, C]. */
  public static Feature tokens(Layers n, Feature x) {
    int count = x.height() * x.width();
    return n.transpose(n.reshape(x, x.batch(), x.channels(), count), 0, 2, 1);
  }
}
