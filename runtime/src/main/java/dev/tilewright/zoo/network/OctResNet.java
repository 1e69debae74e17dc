package dev.tilewright.zoo.network;

import dev.tilewright.zoo.block.OctBottleneck;
import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import dev.tilewright.zoo.build.PoolSpec;
import java.util.List;

/**
 * A residual network of bottlenecks whose convolutions are octave convolutions (Chen et al. 2019,
 * arXiv 1904.05049). The first block makes the low frequencies, the last stage has none any more.
 *
 * @param depths blocks in each stage
 * @param width channels of the stem, and of the first stage before its expansion
 */
public record OctResNet(List<Integer> depths, int width, double alpha, int classes)
    implements Block.Single {
  public OctResNet {
    depths = Stages.of("Oct-ResNet", depths);
  }

  /** Oct-ResNet-50. */
  public OctResNet(double alpha) {
    this(List.of(3, 4, 6, 3), 64, alpha, 1000);
  }

  @Override
  public Feature apply(Layers n, Feature x) {
    Feature stem = n.convBnRelu("1", x, ConvSpec.of(width, 7).stride(2));
    List<Feature> y = List.of(n.maxPool(stem, PoolSpec.of(3).stride(2).padding(1)));
    for (int stage = 0; stage < depths.size(); stage++) {
      for (int i = 0; i < depths.get(stage); i++) {
        boolean last = stage == depths.size() - 1;
        double out = last && depths.size() > 1 ? 0 : alpha;
        int stride = stage > 0 && i == 0 ? 2 : 1;
        OctBottleneck block =
            new OctBottleneck(width << stage, stride, y.size() > 1 ? alpha : 0, out);
        y = n.block("layer" + (stage + 1) + "." + i, block, y);
      }
    }
    return n.linear("fc", n.flatten(n.globalAveragePool(y.getFirst())), classes);
  }
}
