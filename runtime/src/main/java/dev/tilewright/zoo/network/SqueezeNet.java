package dev.tilewright.zoo.network;

import dev.tilewright.zoo.block.Fire;
import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import dev.tilewright.zoo.build.PoolSpec;
import java.util.List;

/**
 * SqueezeNet (Iandola et al. 2016, arXiv 1602.07360): a stem, stages of {@link Fire} with a pool
 * before each, a 1x1 whose means are the classes.
 *
 * @param stem the first convolution
 * @param stages how many channels each module squeezes to; it expands to four times as many, twice
 */
public record SqueezeNet(ConvSpec stem, List<List<Integer>> stages, int classes)
    implements Block.Single {
  /** As published. */
  public static SqueezeNet v10() {
    return new SqueezeNet(
        ConvSpec.of(96, 7).padding(0).stride(2).bias(true),
        List.of(List.of(16, 16, 32), List.of(32, 48, 48, 64), List.of(64)),
        1000);
  }

  /** The authors' later one, with less than half the work. */
  public static SqueezeNet v11() {
    return new SqueezeNet(
        ConvSpec.of(64, 3).padding(0).stride(2).bias(true),
        List.of(List.of(16, 16), List.of(32, 32), List.of(48, 48, 64, 64)),
        1000);
  }

  @Override
  public Feature apply(Layers n, Feature x) {
    Feature y = n.relu(n.conv("features.0", x, stem));
    int place = 2; // of a layer among all, as torchvision names them
    for (List<Integer> stage : stages) {
      y = n.maxPool(y, PoolSpec.of(3).stride(2).ceiling());
      place++;
      for (int squeeze : stage) {
        y = n.block("features." + place++, new Fire(squeeze, 4 * squeeze), y);
      }
    }
    y = n.relu(n.conv("classifier.1", y, ConvSpec.of(classes, 1).bias(true)));
    return n.flatten(n.globalAveragePool(y));
  }
}
