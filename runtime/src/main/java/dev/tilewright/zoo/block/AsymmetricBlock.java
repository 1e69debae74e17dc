package dev.tilewright.zoo.block;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import java.util.ArrayList;
import java.util.List;

/**
 * Asymmetric convolution block (Ding et al. 2019, ACNet, arXiv 1908.03930), as it is trained: the
 * sum of KxK, 1xK and Kx1, each with batch normalisation. Loading it makes one KxK of them.
 *
 * @param conv its filter is square
 * @param pointwise whether a 1x1 takes part too, as in the multi-scale transform of DBB
 */
public record AsymmetricBlock(ConvSpec conv, boolean pointwise) implements Block.Single {
  public AsymmetricBlock {
    require(conv.kernel() % 2 == 1, "ACB: K is odd, not %d", conv.kernel());
  }

  public AsymmetricBlock(ConvSpec conv) {
    this(conv, false);
  }

  @Override
  public Feature apply(Layers n, Feature x) {
    int k = conv.kernel();
    List<ConvSpec> branches = new ArrayList<>(List.of(conv, conv.kernel(1, k), conv.kernel(k, 1)));
    if (pointwise) {
      branches.add(conv.kernel(1, 1));
    }
    List<Feature> terms = new ArrayList<>();
    for (int i = 0; i < branches.size(); i++) {
      terms.add(n.bn("bns." + i, n.conv("convs." + i, x, branches.get(i))));
    }
    return n.sum(terms);
  }
}
