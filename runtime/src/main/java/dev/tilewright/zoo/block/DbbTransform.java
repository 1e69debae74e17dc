package dev.tilewright.zoo.block;

import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.PoolSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The six pieces of Diverse Branch Block (Ding et al. 2021, arXiv 2103.13425) that are one
 * convolution each, alone.
 */
public final class DbbTransform {
  private DbbTransform() {}

  /** I: a convolution and its batch normalisation. */
  public static Block.Single normalised(ConvSpec conv) {
    return (n, x) -> n.bn("b", n.conv("c", x, conv));
  }

  /** II: convolutions of the same shape, added. */
  public static Block.Single added(ConvSpec conv, int branches) {
    return (n, x) -> {
      List<Feature> terms = new ArrayList<>();
      for (int i = 0; i < branches; i++) {
        terms.add(n.conv("cs." + i, x, conv));
      }
      return n.sum(terms);
    };
  }

  /**
   * III: a 1x1 with bias, then KxK. What the border is padded with is the bias: what the 1x1 makes
   * of zero.
   */
  public static Block.Single sequence(int internal, ConvSpec conv) {
    return (n, x) -> {
      Feature plain = n.conv("c1", x, ConvSpec.of(internal, 1).groups(conv.groups()));
      Feature wide = n.pad(plain, conv.padH(), conv.padW(), conv.padH(), conv.padW());
      Feature inner = n.addBias("c1.bias", wide);
      return n.conv("c2", inner, conv.padding(0));
    };
  }

  /** IV: convolutions side by side. */
  public static Block.Single joined(ConvSpec conv, int... channels) {
    return (n, x) -> {
      List<Feature> parts = new ArrayList<>();
      for (int i = 0; i < channels.length; i++) {
        parts.add(n.conv("cs." + i, x, conv.to(channels[i])));
      }
      return n.concat(1, parts);
    };
  }

  /** V: an average, which is a convolution with 1 / K^2 on the diagonal. */
  public static Block.Single averaged(PoolSpec window) {
    return (n, x) -> n.averagePool(x, window);
  }

  /** VI: filters of several sizes, each part of a KxK with zeros around it. */
  public static Block.Single scales(ConvSpec... convs) {
    return (n, x) -> {
      List<Feature> terms = new ArrayList<>();
      Arrays.asList(convs).forEach(conv -> terms.add(n.conv("c" + terms.size(), x, conv)));
      return n.sum(terms);
    };
  }
}
