package dev.tilewright.zoo.block;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;

/**
 * Inverted residual (Sandler et al. 2018, MobileNetV2, arXiv 1801.04381): a 1x1 widens, a depthwise
 * filter, a 1x1 narrows without an activation; the input is added where the shape is the same.
 *
 * @param expanded channels of the depthwise filter; if the input has as many, nothing widens it
 * @param activation behind the first two
 * @param attention before the last
 */
public record InvertedResidual(
    int expanded, int cout, int kernel, int stride, Block.Single activation, Block.Single attention)
    implements Block.Single {
  /** No attention. */
  public static final Block.Single NONE = (n, x) -> x;

  public InvertedResidual {
    require(expanded > 0, "the depthwise filter has at least one channel, not %d", expanded);
    require(kernel % 2 == 1, "the filter's size is odd, not %d", kernel);
  }

  /** MobileNetV2's, t times as wide inside. */
  public static InvertedResidual mobile(int cin, int cout, int stride, int t) {
    return new InvertedResidual(expanded(cin, t), cout, 3, stride, Layers::relu6, NONE);
  }

  /**
   * MBConv (Tan and Le 2019, EfficientNet, arXiv 1905.11946): SiLU, and a squeeze and excitation to
   * a quarter of the block's input.
   */
  public static InvertedResidual mbconv(int cin, int cout, int kernel, int stride, int t) {
    Block.Single attention =
        new SqueezeExcitation(Math.max(1, cin / 4), true, Layers::silu, Layers::sigmoid);
    return new InvertedResidual(expanded(cin, t), cout, kernel, stride, Layers::silu, attention);
  }

  private static int expanded(int cin, int t) {
    require(t > 0, "the expansion t is at least 1, not %d", t);
    return cin * t;
  }

  @Override
  public Feature apply(Layers network, Feature x) {
    Layers n = network.in("block");
    int part = 0;
    Feature y = x;
    if (expanded != x.channels()) {
      y = activation.apply(n, n.convThenBn(String.valueOf(part++), y, ConvSpec.of(expanded, 1)));
    }
    ConvSpec depthwise = ConvSpec.of(expanded, kernel).stride(stride).groups(expanded);
    y = activation.apply(n, n.convThenBn(String.valueOf(part++), y, depthwise));
    if (!attention.equals(NONE)) {
      y = n.block(String.valueOf(part++), attention, y);
    }
    y = n.convThenBn(String.valueOf(part), y, ConvSpec.of(cout, 1));
    return stride == 1 && cout == x.channels() ? n.add(x, y) : y;
  }
}
