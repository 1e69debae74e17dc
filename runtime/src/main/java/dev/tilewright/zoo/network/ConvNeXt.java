package dev.tilewright.zoo.network;

import dev.tilewright.zoo.block.ConvNeXtBlock;
import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import java.util.Arrays;
import java.util.List;

/**
 * ConvNeXt (Liu et al. 2022, arXiv 2201.03545): patches of 4x4, stages of {@link ConvNeXtBlock},
 * between them a 2x2 of half the size and twice the width.
 *
 * @param width channels of the first stage
 * @param depths blocks in each stage
 */
public record ConvNeXt(int width, List<Integer> depths, int classes) implements Block.Single {
  public ConvNeXt {
    depths = Stages.of("ConvNeXt", depths);
  }

  /** For the thousand classes of ImageNet. */
  public static ConvNeXt of(int width, int... depths) {
    return new ConvNeXt(width, Arrays.stream(depths).boxed().toList(), 1000);
  }

  @Override
  public Feature apply(Layers n, Feature x) {
    Feature y = n.conv("features.0.0", x, shrinking(width, 4));
    y = normalised(n, "features.0.1", y);
    for (int stage = 0; stage < depths.size(); stage++) {
      if (stage > 0) {
        Layers between = n.in("features." + 2 * stage);
        y = between.conv("1", normalised(between, "0", y), shrinking(width << stage, 2));
      }
      Layers blocks = n.in("features." + (2 * stage + 1));
      for (int i = 0; i < depths.get(stage); i++) {
        y = blocks.block(String.valueOf(i), new ConvNeXtBlock(), y);
      }
    }
    y = n.flatten(n.globalAveragePool(y));
    return n.linear("classifier.2", n.layerNorm("classifier.0", y, ConvNeXtBlock.EPSILON), classes);
  }

  private static ConvSpec shrinking(int cout, int factor) {
    return ConvSpec.of(cout, factor).padding(0).stride(factor).bias(true);
  }

  /** Over the channels of each pixel. */
  private static Feature normalised(Layers n, String name, Feature x) {
    Feature y = n.layerNorm(name, n.transpose(x, 0, 2, 3, 1), ConvNeXtBlock.EPSILON);
    return n.transpose(y, 0, 3, 1, 2);
  }
}
