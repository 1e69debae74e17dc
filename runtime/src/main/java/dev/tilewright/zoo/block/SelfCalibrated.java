package dev.tilewright.zoo.block;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import dev.tilewright.zoo.build.PoolSpec;
import java.util.List;

/**
 * Self-calibrated convolution (Liu et al. 2020, CVPR, SCConv): K4(K3(x) * sigmoid(x + up(K2(pool_r(
 * x))))), each K a convolution with batch normalisation. The whole operation ({@link Split}) does
 * it to half of the channels, the other half gets a plain K1.
 *
 * @param conv all its filters; K4 alone has the stride
 * @param r size of the average
 * @param bilinear whether the small map is interpolated, as in the paper, or repeated, as in the
 *     authors' code
 */
public record SelfCalibrated(ConvSpec conv, int r, boolean bilinear) implements Block.Single {
  public SelfCalibrated {
    require(r > 0, "SCConv: r is at least 1, not %d", r);
  }

  /** r = 4 and the nearest pixel. */
  public SelfCalibrated(ConvSpec conv) {
    this(conv, 4, false);
  }

  /** Half of the channels calibrated, half not. */
  public record Split(SelfCalibrated calibrated) implements Block.Single {
    @Override
    public Feature apply(Layers n, Feature x) {
      List<Feature> halves = n.chunk(x, 1, 2);
      Feature first = n.block("sc", calibrated, halves.getFirst());
      return n.concat(1, List.of(first, filter(n, "k1", halves.getLast(), calibrated.conv)));
    }
  }

  @Override
  public Feature apply(Layers n, Feature x) {
    require(
        conv.cout() == x.channels(),
        "SCConv: %d channels go in and come out, not %d",
        x.channels(),
        conv.cout());
    require(
        r <= x.height() && r <= x.width(),
        "SCConv: the average of %dx%d is no larger than the map of %dx%d",
        r,
        r,
        x.height(),
        x.width());
    Feature small = filter(n, "k2", n.averagePool(x, PoolSpec.of(r)), conv.stride(1));
    Feature up =
        bilinear
            ? n.bilinear(small, x.height(), x.width(), false)
            : n.nearest(small, x.height(), x.width());
    Feature k3 = filter(n, "k3", x, conv.stride(1));
    return filter(n, "k4", n.mul(k3, n.sigmoid(n.add(x, up))), conv);
  }

  private static Feature filter(Layers n, String name, Feature x, ConvSpec conv) {
    return n.bn(name + ".1", n.conv(name + ".0", x, conv));
  }
}
