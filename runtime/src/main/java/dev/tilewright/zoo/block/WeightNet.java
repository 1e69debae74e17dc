package dev.tilewright.zoo.block;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;

/**
 * WeightNet (Ma et al. 2020, arXiv 2007.11823): a small network makes the filter of each image from
 * its means: reduce, FC, sigmoid, then a fully connected layer in groups that gives all weights.
 *
 * @param conv dense, or depthwise with as many groups as channels
 * @param m width of the hidden layer, in output channels
 * @param g groups of the last layer, in output channels
 * @param reduced channels of the first layer
 */
public record WeightNet(ConvSpec conv, int m, int g, int reduced) implements Block.Single {
  public WeightNet {
    require(m > 0 && g > 0 && reduced > 0, "WeightNet: M, G and the reduction are at least 1");
    require(m % g == 0, "WeightNet: G (%d) divides M (%d)", g, m);
    require(
        conv.groups() == 1 || conv.groups() == conv.cout(),
        "WeightNet: the convolution is dense or depthwise, not in %d groups",
        conv.groups());
  }

  /** The paper's M = G = 2, means reduced to a sixteenth, but not below 16. */
  public static WeightNet of(int cin, ConvSpec conv) {
    return new WeightNet(conv, 2, 2, Math.max(16, cin / 16));
  }

  @Override
  public Feature apply(Layers n, Feature x) {
    boolean depthwise = conv.groups() > 1;
    int c = conv.cout();
    Feature means = n.conv("reduce", n.globalAveragePool(x), ConvSpec.of(reduced, 1).bias(true));
    int hidden = depthwise ? m / g * c : m * c;
    Feature a = n.sigmoid(n.conv("fc1", means, ConvSpec.of(hidden, 1).bias(true)));
    int weights = c * (x.channels() / conv.groups()) * conv.taps();
    int groups = depthwise ? c : g * c;
    require(
        weights % groups == 0,
        "WeightNet: G (%d) divides the weights of a filter (%d)",
        g,
        weights / c);
    Feature filters = n.conv("fc2", a, ConvSpec.of(weights, 1).groups(groups));
    Feature y = PerImage.conv(n, x, filters, conv);
    return conv.bias() ? n.addBias("bias", y) : y;
  }
}
