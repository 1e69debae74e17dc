package dev.tilewright.zoo.block;

import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import java.util.List;

/**
 * SqueezeNet's module (Iandola et al. 2016, arXiv 1602.07360): a 1x1 to few channels, then 1x1 and
 * 3x3 beside each other.
 *
 * @param squeeze channels between
 * @param expand channels of each of the two
 */
public record Fire(int squeeze, int expand) implements Block.Single {
  @Override
  public Feature apply(Layers n, Feature x) {
    Feature y = unit(n, "squeeze", x, squeeze, 1);
    return n.concat(
        1, List.of(unit(n, "expand1x1", y, expand, 1), unit(n, "expand3x3", y, expand, 3)));
  }

  private static Feature unit(Layers n, String name, Feature x, int cout, int kernel) {
    return n.relu(n.conv(name, x, ConvSpec.of(cout, kernel).bias(true)));
  }
}
