package dev.tilewright.zoo.network;

import dev.tilewright.zoo.block.DenseLayer;
import dev.tilewright.zoo.block.DenseTransition;
import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import dev.tilewright.zoo.build.PoolSpec;
import java.util.Arrays;
import java.util.List;

/**
 * Densely connected networks (Huang et al. 2017, arXiv 1608.06993).
 *
 * @param stem channels of the 7x7
 * @param growth channels that each layer adds
 * @param depths layers in each stage
 */
public record DenseNet(int stem, int growth, List<Integer> depths, int classes)
    implements Block.Single {
  public DenseNet {
    depths = Stages.of("DenseNet", depths);
  }

  /** As published: the stem is twice as wide as a layer. */
  public static DenseNet of(int growth, int... depths) {
    return new DenseNet(2 * growth, growth, Arrays.stream(depths).boxed().toList(), 1000);
  }

  @Override
  public Feature apply(Layers network, Feature x) {
    Layers n = network.in("features");
    Feature y = n.relu(n.bn("norm0", n.conv("conv0", x, ConvSpec.of(stem, 7).stride(2))));
    y = n.maxPool(y, PoolSpec.of(3).stride(2).padding(1));
    for (int stage = 1; stage <= depths.size(); stage++) {
      if (stage > 1) {
        y = n.block("transition" + (stage - 1), new DenseTransition(), y);
      }
      Layers layers = n.in("denseblock" + stage);
      for (int i = 1; i <= depths.get(stage - 1); i++) {
        y = layers.block("denselayer" + i, new DenseLayer(growth), y);
      }
    }
    y = n.relu(n.bn("norm" + (depths.size() + 1), y));
    return network.linear("classifier", n.flatten(n.globalAveragePool(y)), classes);
  }
}
