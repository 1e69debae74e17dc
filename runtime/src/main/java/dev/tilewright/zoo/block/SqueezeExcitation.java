package dev.tilewright.zoo.block;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;

/**
 * Squeeze and excitation (Hu et al. 2018, arXiv 1709.01507): every channel is scaled by a number
 * between 0 and 1 that two small layers compute from the means of all channels.
 *
 * @param squeezed outputs of the first layer: C / r in the paper
 * @param bias whether both layers have one
 * @param activation between them
 * @param gate behind them
 */
public record SqueezeExcitation(
    int squeezed, boolean bias, Block.Single activation, Block.Single gate)
    implements Block.Single {
  public SqueezeExcitation {
    require(squeezed > 0, "channels are squeezed to at least one, not %d", squeezed);
  }

  /** With biases, ReLU and sigmoid. */
  public SqueezeExcitation(int squeezed) {
    this(squeezed, true, Layers::relu, Layers::sigmoid);
  }

  @Override
  public Feature apply(Layers n, Feature x) {
    return n.mul(x, factors(n, x));
  }

  /** What channels are scaled by: [N, C, 1, 1]. */
  Feature factors(Layers n, Feature x) {
    ConvSpec layer = ConvSpec.of(squeezed, 1).bias(bias);
    Feature s = activation.apply(n, n.conv("fc1", n.globalAveragePool(x), layer));
    return gate.apply(n, n.conv("fc2", s, layer.to(x.channels())));
  }
}
