package dev.tilewright.zoo.block;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;

/**
 * Residual inception module (Szegedy et al. 2016, arXiv 1602.07261): what the branches give is
 * brought to the channels of the input by a 1x1 without activation, scaled down and added.
 *
 * @param scale 0.1 to 0.3 in the paper, so that training stays stable
 */
public record InceptionResidual(Branches branches, double scale) implements Block.Single {
  public InceptionResidual {
    require(scale > 0 && scale <= 1, "residuals are scaled by 0 to 1, not %s", scale);
  }

  @Override
  public Feature apply(Layers n, Feature x) {
    ConvSpec linear = ConvSpec.of(x.channels(), 1).bias(true);
    Feature y = n.conv("up", n.block("branches", branches, x), linear);
    return n.relu(n.add(x, n.mul(y, n.constant((float) scale))));
  }
}
