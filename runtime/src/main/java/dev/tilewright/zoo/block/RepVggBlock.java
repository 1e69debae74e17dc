package dev.tilewright.zoo.block;

import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;

/**
 * RepVGG's block (Ding et al. 2021, arXiv 2101.03697), as it is trained: ReLU of a 3x3, a 1x1 and,
 * where the shape stays, the input itself, each with its batch normalisation. Loading it makes one
 * 3x3 of them.
 */
public record RepVggBlock(int cout, int stride, int groups) implements Block.Single {
  public RepVggBlock(int cout) {
    this(cout, 1, 1);
  }

  @Override
  public Feature apply(Layers n, Feature x) {
    ConvSpec three = ConvSpec.of(cout, 3).stride(stride).groups(groups);
    Feature y = n.bn("b3", n.conv("c3", x, three));
    y = n.add(y, n.bn("b1", n.conv("c1", x, three.kernel(1, 1))));
    if (cout == x.channels() && stride == 1) {
      y = n.add(y, n.bn("bi", x));
    }
    return n.relu(y);
  }
}
