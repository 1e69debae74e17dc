package dev.tilewright.zoo.block;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import dev.tilewright.zoo.build.Parameter.Role;

/**
 * Depthwise over-parameterised convolution (Cao et al. 2020, arXiv 2006.12030): a filter W [K, C/g,
 * Dmul] over what the depthwise D [C, M*N, Dmul] makes of each patch. Both are linear, so they are
 * one filter W'[o, c, m] = sum over s of D[c, m, s] W[o, c, s].
 *
 * <p>D is that of the actual input channel: the authors' code pairs those of grouped filters
 * otherwise. It is the sum of what they store as D and D_diag. A 1x1 filter has none.
 *
 * @param dMul depth multiplier, at least as many as the filter has taps
 */
public record DoConv(ConvSpec conv, int dMul, Form form) implements Block.Single {
  /** The two ways to compute it in the paper. */
  public enum Form {
    /** O = (D o W) * P: one convolution, its filter composed before. */
    KERNEL_COMPOSITION,
    /** O = W * (D o P): a depthwise convolution and one of 1x1. */
    FEATURE_COMPOSITION
  }

  public DoConv {
    require(
        dMul >= conv.taps() || conv.taps() == 1,
        "DO-Conv: D_mul is at least the filter's taps M * N = %d, not %d",
        conv.taps(),
        dMul);
  }

  /** With as many intermediate values as the filter has taps. */
  public DoConv(ConvSpec conv) {
    this(conv, conv.taps(), Form.KERNEL_COMPOSITION);
  }

  @Override
  public Feature apply(Layers n, Feature x) {
    if (conv.taps() == 1) {
      return n.conv("W", x, conv);
    }
    int c = x.channels();
    int g = conv.groups();
    require(c % g == 0, "DO-Conv: groups (%d) divide the input channels (%d)", g, c);
    Feature d = n.parameter("D", Role.WEIGHT, c, conv.taps(), dMul);
    Feature w = n.parameter("W", Role.WEIGHT, conv.cout(), c / g, dMul);
    Feature y = form == Form.FEATURE_COMPOSITION ? features(n, x, d, w) : kernel(n, x, d, w);
    return conv.bias() ? n.addBias("bias", y) : y;
  }

  private Feature features(Layers n, Feature x, Feature d, Feature w) {
    int c = x.channels();
    Feature depthwise =
        n.reshape(n.transpose(d, 0, 2, 1), c * dMul, 1, conv.kernelH(), conv.kernelW());
    Feature patches = n.conv(x, depthwise, conv.bias(false).groups(1).to(c * dMul).groups(c));
    Feature pointwise = n.reshape(w, conv.cout(), c / conv.groups() * dMul, 1, 1);
    return n.conv(patches, pointwise, ConvSpec.of(conv.cout(), 1).groups(conv.groups()));
  }

  private Feature kernel(Layers n, Feature x, Feature d, Feature w) {
    int g = conv.groups();
    int c = x.channels() / g;
    int k = conv.cout() / g;
    Feature left = n.transpose(n.reshape(w, g, k, c, dMul), 0, 2, 1, 3);
    Feature right = n.transpose(n.reshape(d, g, c, conv.taps(), dMul), 0, 1, 3, 2);
    Feature composed = n.transpose(n.matmul(left, right), 0, 2, 1, 3);
    Feature filter = n.reshape(composed, conv.cout(), c, conv.kernelH(), conv.kernelW());
    return n.conv(x, filter, conv.bias(false));
  }
}
