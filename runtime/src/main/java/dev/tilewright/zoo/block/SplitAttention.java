package dev.tilewright.zoo.block;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.zoo.algorithm.Widths;
import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import java.util.ArrayList;
import java.util.List;

/**
 * Split attention (Zhang et al. 2020, ResNeSt, arXiv 2004.08955): a grouped convolution makes
 * {@code radix} versions of the output, which are summed with weights that depend on the means of
 * their channels: a softmax over the versions, or a sigmoid if there is one only.
 *
 * @param conv of one version; its groups are what the paper calls cardinality
 * @param norm whether the layers but the last are normalised
 */
public record SplitAttention(ConvSpec conv, int radix, boolean norm) implements Block.Single {
  /** Channels of the attention. */
  private static final int LEAST = 32;

  public SplitAttention {
    require(radix > 0, "split attention: the radix is at least 1, not %d", radix);
  }

  /** Two versions, normalised. */
  public SplitAttention(ConvSpec conv) {
    this(conv, 2, true);
  }

  @Override
  public Feature apply(Layers n, Feature x) {
    ConvSpec versions = conv.to(conv.cout() * radix).groups(conv.groups() * radix);
    Feature u = n.relu(normalised(n, "bn0", n.conv("conv", x, versions)));
    List<Feature> parts = n.chunk(u, 1, radix);
    // A quarter of the channels of all versions.
    int quarter = Widths.divisible(x.channels() * radix / 4.0, LEAST);
    ConvSpec fc = ConvSpec.of(quarter, 1).groups(conv.groups()).bias(true);
    Feature z = n.conv("fc1", n.globalAveragePool(n.sum(parts)), fc);
    Feature a = n.conv("fc2", n.relu(normalised(n, "bn1", z)), fc.to(versions.cout()));
    if (radix == 1) {
      return n.mul(u, n.sigmoid(a));
    }
    List<Feature> weights = n.chunk(softmax(n, a), 1, radix);
    List<Feature> weighted = new ArrayList<>();
    for (int i = 0; i < radix; i++) {
      weighted.add(n.mul(parts.get(i), weights.get(i)));
    }
    return n.sum(weighted);
  }

  /** Over the versions, which are the inner order of the logits and the outer one of the result. */
  private Feature softmax(Layers n, Feature a) {
    int groups = conv.groups();
    Feature logits = n.reshape(a, a.batch(), groups, radix, conv.cout() / groups);
    Feature weights = n.softmax(n.transpose(logits, 0, 2, 1, 3), 1);
    return n.reshape(weights, a.batch(), radix * conv.cout(), 1, 1);
  }

  private Feature normalised(Layers n, String name, Feature x) {
    return norm ? n.bn(name, x) : x;
  }
}
