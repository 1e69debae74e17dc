package dev.tilewright.zoo.block;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import dev.tilewright.zoo.build.PoolSpec;

/**
 * Diverse Branch Block (Ding et al. 2021, arXiv 2103.13425), as it is trained: the sum of KxK, 1x1,
 * 1x1-KxK and 1x1-average, each part with batch normalisation. A depthwise one has no 1x1 branch
 * and averages without a 1x1 before. Loading it makes one KxK of them.
 *
 * @param internal channels between 1x1 and KxK
 */
public record DiverseBranchBlock(ConvSpec conv, int internal) implements Block.Single {
  public DiverseBranchBlock {
    require(conv.kernel() % 2 == 1, "DBB: K is odd, not %d", conv.kernel());
  }

  @Override
  public Feature apply(Layers n, Feature x) {
    boolean depthwise = conv.groups() == x.channels();
    ConvSpec pointwise = conv.kernel(1, 1).stride(1);
    Feature wide = n.bn("bn", n.conv("conv", x, conv));

    Feature inner = n.conv("cs1", x, pointwise.groups(1).to(internal).groups(conv.groups()));
    Feature sequence = n.bn("bs2", n.conv("cs2", bordered(n, "bs1.bn", inner), conv.padding(0)));
    Feature y = n.add(wide, sequence);
    if (!depthwise) {
      y = n.add(y, n.bn("b1", n.conv("c1", x, pointwise.stride(conv.stride()))));
    }
    PoolSpec window = PoolSpec.of(conv.kernel()).stride(conv.stride());
    Feature averaged =
        depthwise
            ? n.averagePool(x, window.padding(conv.padH()))
            : n.averagePool(bordered(n, "ba.bn", n.conv("ca", x, pointwise)), window);
    return n.add(y, n.bn("bavg", averaged));
  }

  /**
   * The normalisation between two parts sees the padding too: what it makes of zero is what the
   * second part must find around the image, or the two would not be one convolution.
   */
  private Feature bordered(Layers n, String name, Feature x) {
    return n.bn(name, n.pad(x, conv.padH(), conv.padW(), conv.padH(), conv.padW()));
  }
}
