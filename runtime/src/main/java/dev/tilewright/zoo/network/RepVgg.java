package dev.tilewright.zoo.network;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.zoo.block.RepVggBlock;
import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import java.util.List;

/**
 * RepVGG (Ding et al. 2021, arXiv 2101.03697), as it is trained: a stem and four stages of {@link
 * RepVggBlock}, each beginning with stride 2.
 *
 * @param depths blocks of the four stages
 * @param widths channels of the stem and of the stages
 * @param groups of every second block
 */
public record RepVgg(List<Integer> depths, List<Integer> widths, int groups, int classes)
    implements Block.Single {
  public RepVgg {
    depths = Stages.of("RepVGG", depths);
    widths = List.copyOf(widths);
    require(
        widths.size() == depths.size() + 1,
        "RepVGG: there are widths for the stem and each stage, not %s for %s",
        widths,
        depths);
  }

  /** A0, A1, A2: 22 layers. Widths are multiples of 64, 128, 256 by a, of 512 by b. */
  public static RepVgg a(double a, double b) {
    return of(List.of(2, 4, 14, 1), a, b);
  }

  /** B0 to B3: 28 layers. */
  public static RepVgg b(double a, double b) {
    return of(List.of(4, 6, 16, 1), a, b);
  }

  private static RepVgg of(List<Integer> depths, double a, double b) {
    int first = (int) (64 * a);
    List<Integer> widths =
        List.of(Math.min(64, first), first, (int) (128 * a), (int) (256 * a), (int) (512 * b));
    return new RepVgg(depths, widths, 1, 1000);
  }

  @Override
  public Feature apply(Layers n, Feature x) {
    Feature y = n.block("stage0", new RepVggBlock(widths.getFirst(), 2, 1), x);
    int layer = 1;
    for (int stage = 0; stage < depths.size(); stage++) {
      for (int i = 0; i < depths.get(stage); i++) {
        int g = layer++ % 2 == 0 ? groups : 1;
        RepVggBlock block = new RepVggBlock(widths.get(stage + 1), i == 0 ? 2 : 1, g);
        y = n.block("stage" + (stage + 1) + "." + i, block, y);
      }
    }
    return n.linear("linear", n.flatten(n.globalAveragePool(y)), classes);
  }
}
