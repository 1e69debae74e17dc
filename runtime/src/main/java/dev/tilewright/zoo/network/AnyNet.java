package dev.tilewright.zoo.network;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.zoo.block.RegNetBlock;
import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import java.util.List;

/**
 * The design space that RegNet was found in (Radosavovic et al. 2020, arXiv 2003.13678): a 3x3 stem
 * and stages of {@link RegNetBlock}, each of half the size of what is before it.
 *
 * @param stem channels of the stem
 * @param squeeze of all blocks
 */
public record AnyNet(int stem, List<Stage> stages, double squeeze, int classes)
    implements Block.Single {
  /**
   * Equal blocks.
   *
   * @param depth number of blocks
   * @param width their channels
   * @param groupWidth channels of a group of their 3x3
   * @param bottleneck channels of the 3x3 by those of the output
   */
  public record Stage(int depth, int width, int groupWidth, double bottleneck) {
    public Stage {
      require(depth > 0, "a stage has at least one block, not %d", depth);
    }
  }

  @Override
  public Feature apply(Layers n, Feature x) {
    Feature y = n.relu(n.convThenBn("stem", x, ConvSpec.of(stem, 3).stride(2)));
    for (int s = 1; s <= stages.size(); s++) {
      Stage stage = stages.get(s - 1);
      Layers blocks = n.in("trunk_output.block" + s);
      for (int i = 0; i < stage.depth(); i++) {
        int stride = i == 0 ? 2 : 1;
        Block.Single block =
            new RegNetBlock(stage.width(), stride, stage.groupWidth(), stage.bottleneck(), squeeze);
        y = blocks.block("block" + s + "-" + i, block, y);
      }
    }
    return n.linear("fc", n.flatten(n.globalAveragePool(y)), classes);
  }
}
