package dev.tilewright.zoo.block;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import dev.tilewright.zoo.build.PoolSpec;
import java.util.List;

/**
 * Spatial pyramid pooling (He et al. 2014, arXiv 1406.4729): the largest values in grids of several
 * sizes, as one vector: [N, C, H, W] to [N, C * sum of bins^2].
 */
public record SpatialPyramidPooling(List<Integer> bins) implements Block.Single {
  public SpatialPyramidPooling {
    bins = List.copyOf(bins);
    require(
        !bins.isEmpty() && bins.stream().allMatch(b -> b > 0),
        "SPP: a side of a map has at least one bin, not %s",
        bins);
  }

  @Override
  public Feature apply(Layers n, Feature x) {
    return n.concat(1, bins.stream().map(b -> n.flatten(grid(n, x, b))).toList());
  }

  private static Feature grid(Layers n, Feature x, int bins) {
    int cell = x.height() / bins;
    require(
        x.height() == x.width() && cell * bins == x.height(),
        "SPP: %d bins divide a square map, not %dx%d",
        bins,
        x.height(),
        x.width());
    return n.maxPool(x, PoolSpec.of(cell));
  }
}
