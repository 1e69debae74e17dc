package dev.tilewright.zoo.network;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.zoo.block.ShuffleUnit;
import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import dev.tilewright.zoo.build.PoolSpec;
import java.util.List;

/**
 * ShuffleNet v2 (Ma et al. 2018, arXiv 1807.11164).
 *
 * @param stem channels of the 3x3
 * @param depths units of each stage
 * @param widths channels of each stage
 * @param head channels of the last 1x1
 */
public record ShuffleNetV2(
    int stem, List<Integer> depths, List<Integer> widths, int head, int classes)
    implements Block.Single {
  public ShuffleNetV2 {
    depths = Stages.of("ShuffleNet", depths);
    require(
        widths.size() == depths.size(),
        "ShuffleNet: each stage has a width, there are %s for %s",
        widths,
        depths);
  }

  /** As published, with these widths. */
  public static ShuffleNetV2 of(int first, int second, int third, int head) {
    return new ShuffleNetV2(24, List.of(4, 8, 4), List.of(first, second, third), head, 1000);
  }

  @Override
  public Feature apply(Layers n, Feature x) {
    Feature y = n.relu(n.convThenBn("conv1", x, ConvSpec.of(stem, 3).stride(2)));
    y = n.maxPool(y, PoolSpec.of(3).stride(2).padding(1));
    for (int stage = 0; stage < depths.size(); stage++) {
      Layers units = n.in("stage" + (stage + 2));
      for (int i = 0; i < depths.get(stage); i++) {
        Block.Single unit = new ShuffleUnit(widths.get(stage), i == 0 ? 2 : 1);
        y = units.block(String.valueOf(i), unit, y);
      }
    }
    y = n.relu(n.convThenBn("conv5", y, ConvSpec.of(head, 1)));
    return n.linear("fc", n.flatten(n.globalAveragePool(y)), classes);
  }
}
