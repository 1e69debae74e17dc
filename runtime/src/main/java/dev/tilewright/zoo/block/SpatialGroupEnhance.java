package dev.tilewright.zoo.block;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import dev.tilewright.zoo.build.Parameter.Role;

/**
 * Spatial group-wise enhance (Li et al. 2019, arXiv 1905.09646): in each group of channels a place
 * is scaled by how much its vector is like the group's mean vector: their product, normalised over
 * places, through a line and a sigmoid.
 *
 * @param biased whether the variance is divided by the number of places, as in the paper, or by one
 *     less, as in the authors' code
 */
public record SpatialGroupEnhance(int groups, boolean biased) implements Block.Single {
  /** Added to the standard deviation. */
  private static final float EPSILON = 1e-5f;

  public SpatialGroupEnhance {
    require(groups > 0, "SGE: there is at least one group, not %d", groups);
  }

  /** The authors' 64 groups, normalised as in the paper. */
  public SpatialGroupEnhance() {
    this(64, true);
  }

  @Override
  public Feature apply(Layers n, Feature x) {
    int c = x.channels();
    int h = x.height();
    int w = x.width();
    require(c % groups == 0, "SGE: groups (%d) divide the channels (%d)", groups, c);
    int all = x.batch() * groups;
    Feature group = n.reshape(x, all, c / groups, h, w);
    Feature alike = n.total(n.mul(group, n.globalAveragePool(group)), 1);
    Feature places = normalised(n, n.reshape(alike, all, h * w));
    places = n.reshape(places, x.batch(), groups, h, w);
    Feature gamma = n.parameter("gamma", Role.SCALE, 1, groups, 1, 1);
    Feature beta = n.parameter("beta", Role.BIAS, 1, groups, 1, 1);
    Feature scale = n.sigmoid(n.add(n.mul(places, gamma), beta));
    Feature y = n.mul(group, n.reshape(scale, all, 1, h, w));
    return n.reshape(y, x.batch(), c, h, w);
  }

  /** Mean 0 and deviation 1 in each row. */
  private Feature normalised(Layers n, Feature x) {
    int count = biased ? x.dim(1) : x.dim(1) - 1;
    require(count > 0, "SGE: an unbiased deviation is that of at least two places, not of one");
    Feature centred = n.sub(x, n.mean(x, 1));
    Feature variance = n.div(n.total(n.mul(centred, centred), 1), n.constant(count));
    return n.div(centred, n.add(n.sqrt(variance), n.constant(EPSILON)));
  }
}
