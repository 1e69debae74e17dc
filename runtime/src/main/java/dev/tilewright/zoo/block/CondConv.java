package dev.tilewright.zoo.block;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import dev.tilewright.zoo.build.Parameter.Role;

/**
 * Conditionally parameterised convolution (Yang et al. 2019, arXiv 1904.04971): each image has a
 * filter of its own, W = sum over e of alpha_e W_e, with alpha = sigmoid(mean(x) R). Routing
 * weights are independent sigmoids, not a softmax.
 *
 * <p>The batch is computed as one convolution with as many times the groups.
 *
 * @param experts E; 8 in the paper's networks
 */
public record CondConv(ConvSpec conv, int experts, Bias biases) implements Block.Single {
  /** Whose the bias is. */
  public enum Bias {
    NONE,
    SHARED,
    /** Mixed like the filters. */
    EXPERT
  }

  public CondConv {
    require(experts > 0, "CondConv: there is at least one expert, not %d", experts);
  }

  public CondConv(ConvSpec conv) {
    this(conv, 8, Bias.NONE);
  }

  @Override
  public Feature apply(Layers n, Feature x) {
    Feature means = n.flatten(n.globalAveragePool(x));
    Feature alpha = n.sigmoid(n.linear("route", means, experts));
    int c = x.channels() / conv.groups();
    Feature weight =
        n.parameter(
            "weight", Role.EXPERTS, experts, conv.cout(), c, conv.kernelH(), conv.kernelW());
    Feature mixed = n.matmul(alpha, n.reshape(weight, experts, conv.cout() * c * conv.taps()));
    Feature y = PerImage.conv(n, x, mixed, conv);
    return switch (biases) {
      case NONE -> y;
      case SHARED -> n.addBias("bias", y);
      case EXPERT -> {
        Feature bias = n.matmul(alpha, n.parameter("bias", Role.BIAS, experts, conv.cout()));
        yield n.add(y, n.reshape(bias, x.batch(), conv.cout(), 1, 1));
      }
    };
  }
}
