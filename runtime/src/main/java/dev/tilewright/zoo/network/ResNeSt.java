package dev.tilewright.zoo.network;

import dev.tilewright.zoo.block.SplitAttention;
import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import dev.tilewright.zoo.build.PoolSpec;
import java.util.Arrays;
import java.util.List;

/**
 * ResNeSt (Zhang et al. 2020, arXiv 2004.08955): a ResNet of bottlenecks with split attention for
 * the 3x3, a stem of three 3x3, and average pools in place of strides: of 3x3 behind the attention,
 * of 2x2 in the shortcut.
 *
 * @param depths blocks in each stage
 * @param stem channels of the stem
 * @param width channels of the first stage before its expansion
 */
public record ResNeSt(
    List<Integer> depths, int stem, int width, int radix, int cardinality, int classes)
    implements Block.Single {
  public ResNeSt {
    depths = Stages.of("ResNeSt", depths);
  }

  private static final int EXPANSION = 4;

  /** The usual width and radix, for the thousand classes of ImageNet. */
  public static ResNeSt of(int stem, int... depths) {
    return new ResNeSt(Arrays.stream(depths).boxed().toList(), stem, 64, 2, 1, 1000);
  }

  @Override
  public Feature apply(Layers n, Feature x) {
    Feature y = convBnRelu(n, "conv1.0", "conv1.1", x, ConvSpec.of(stem / 2, 3).stride(2));
    y = convBnRelu(n, "conv1.3", "conv1.4", y, ConvSpec.of(stem / 2, 3));
    y = convBnRelu(n, "conv1.6", "bn1", y, ConvSpec.of(stem, 3));
    y = n.maxPool(y, PoolSpec.of(3).stride(2).padding(1));
    for (int stage = 0; stage < depths.size(); stage++) {
      for (int i = 0; i < depths.get(stage); i++) {
        int stride = stage > 0 && i == 0 ? 2 : 1;
        int planes = width << stage;
        y = n.block("layer" + (stage + 1) + "." + i, (in, z) -> unit(in, z, planes, stride), y);
      }
    }
    return n.linear("fc", n.flatten(n.globalAveragePool(y)), classes);
  }

  private static Feature convBnRelu(Layers n, String conv, String bn, Feature x, ConvSpec spec) {
    return n.relu(n.bn(bn, n.conv(conv, x, spec)));
  }

  private Feature unit(Layers n, Feature x, int planes, int stride) {
    Feature y = n.convBnRelu("1", x, ConvSpec.of(planes, 1));
    ConvSpec three = ConvSpec.of(planes, 3).groups(cardinality);
    y = n.block("conv2", new SplitAttention(three, radix, true), y);
    if (stride > 1) {
      y = n.averagePool(y, PoolSpec.of(3).stride(stride).padding(1));
    }
    y = n.convBn("3", y, ConvSpec.of(EXPANSION * planes, 1));
    return n.relu(n.add(y, shortcut(n.in("downsample"), x, EXPANSION * planes, stride)));
  }

  private static Feature shortcut(Layers n, Feature x, int cout, int stride) {
    if (stride == 1 && x.channels() == cout) {
      return x;
    }
    Feature y = x;
    if (stride > 1) {
      y = n.averagePool(x, PoolSpec.of(stride).ceiling().withoutPadding());
    }
    return n.bn("2", n.conv("1", y, ConvSpec.of(cout, 1)));
  }
}
