package dev.tilewright.zoo.network;

import dev.tilewright.zoo.block.Residual;
import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import dev.tilewright.zoo.build.PoolSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Residual networks (He et al. 2015, arXiv 1512.03385): a 7x7 stem, four stages of residual blocks,
 * each but the first of half the size and twice the width, a classifier.
 *
 * @param depths blocks in each stage
 * @param width channels of the stem, and of the first stage before its expansion
 * @param unit makes the blocks
 */
public record ResNet(List<Integer> depths, int width, Unit unit, int classes)
    implements Block.Single {
  public ResNet {
    depths = Stages.of("ResNet", depths);
  }

  /** Makes one residual block. */
  public interface Unit {
    Block.Single block(int planes, int stride);

    /** The first block of a stage, where it is another one. */
    default Block.Single first(int planes, int stride) {
      return block(planes, stride);
    }
  }

  /** With blocks of two 3x3. */
  public static ResNet basic(int... depths) {
    return of(Residual::basic, depths);
  }

  /** With blocks of 1x1, 3x3, 1x1. */
  public static ResNet bottleneck(int... depths) {
    return of(Residual::bottleneck, depths);
  }

  /** ResNeXt (Xie et al. 2017, arXiv 1611.05431): the 3x3 in groups of {@code width} channels. */
  public static ResNet next(int groups, int width, int... depths) {
    return of(
        (planes, stride) ->
            Residual.grouped(
                planes * width / 64 * groups, planes * Residual.EXPANSION, stride, groups),
        depths);
  }

  /** Any other blocks, 64 channels wide, for the thousand classes of ImageNet. */
  public static ResNet of(Unit unit, int... depths) {
    return new ResNet(Arrays.stream(depths).boxed().toList(), 64, unit, 1000);
  }

  /** What the stages put out, at a quarter of the image's size and less. */
  List<Feature> stages(Layers n, Feature x) {
    List<Feature> outputs = new ArrayList<>();
    Feature y = n.convBnRelu("1", x, ConvSpec.of(width, 7).stride(2));
    y = n.maxPool(y, PoolSpec.of(3).stride(2).padding(1));
    for (int stage = 0; stage < depths.size(); stage++) {
      Layers layer = n.in("layer" + (stage + 1));
      for (int i = 0; i < depths.get(stage); i++) {
        int planes = width << stage;
        Block.Single block = i > 0 ? unit.block(planes, 1) : unit.first(planes, stage > 0 ? 2 : 1);
        y = layer.block(String.valueOf(i), block, y);
      }
      outputs.add(y);
    }
    return outputs;
  }

  @Override
  public Feature apply(Layers n, Feature x) {
    Feature y = stages(n, x).getLast();
    return n.linear("fc", n.flatten(n.globalAveragePool(y)), classes);
  }
}
