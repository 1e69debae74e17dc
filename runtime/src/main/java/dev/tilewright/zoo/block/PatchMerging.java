package dev.tilewright.zoo.block;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import java.util.ArrayList;
import java.util.List;

/**
 * Joins each 2x2 tokens of a map to one of twice the width (Liu et al. 2021, Swin transformer,
 * arXiv 2103.14030): those at (0,0), (1,0), (0,1), (1,1) of (row, column), normalised, then a
 * matrix.
 *
 * @param height of the map in tokens
 */
public record PatchMerging(int height, int width) implements Block.Single {
  public PatchMerging {
    require(
        height % 2 == 0 && width % 2 == 0,
        "patch merging: height and width are even, not %dx%d",
        height,
        width);
  }

  @Override
  public Feature apply(Layers n, Feature x) {
    Feature y = n.layerNorm("norm", joined(n, x), Layers.EPSILON);
    return n.linear("reduction", y, 2 * x.dim(2), false);
  }

  /** Tokens of four times the width, [N, H/2 * W/2, 4C]. */
  public Feature joined(Layers n, Feature x) {
    int dim = x.dim(2);
    Feature map = Windows.map(n, x, height, width);
    List<Feature> corners = new ArrayList<>();
    for (int column = 0; column < 2; column++) {
      for (int row = 0; row < 2; row++) {
        corners.add(n.slice(n.slice(map, 1, row, height, 2), 2, column, width, 2));
      }
    }
    return n.reshape(n.concat(3, corners), x.batch(), height / 2 * (width / 2), 4 * dim);
  }
}
