package dev.tilewright.zoo.network;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.zoo.block.InceptionV4Blocks;
import dev.tilewright.zoo.block.Sequence;
import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Inception v4, and Inception-ResNet-v2, which has residual modules (Szegedy et al. 2016, arXiv
 * 1602.07261). Channels that the paper prints and its figures do not give (1154 and 2048 of the
 * residual ones) are what the figures give: 1152 and 2144.
 *
 * @param width multiplier of all channels
 * @param a modules of 35x35
 * @param b modules of 17x17
 * @param c modules of 8x8
 */
public record InceptionV4(double width, boolean residual, int a, int b, int c, int classes)
    implements Block.Single {
  public InceptionV4 {
    require(
        a > 0 && b > 0 && c > 0, "Inception: there are modules of each size: %d, %d, %d", a, b, c);
  }

  /** As published. */
  public static InceptionV4 v4() {
    return new InceptionV4(1, false, 4, 7, 3, 1000);
  }

  /** Inception-ResNet-v2 as the paper has it; the released one has another stem and is deeper. */
  public static InceptionV4 resnetV2() {
    return new InceptionV4(1, true, 5, 10, 5, 1000);
  }

  @Override
  public Feature apply(Layers n, Feature x) {
    Feature y = n.block("features", new Sequence(parts(new InceptionV4Blocks(width))), x);
    return n.linear("fc", n.flatten(n.globalAveragePool(y)), classes);
  }

  private List<Block.Single> parts(InceptionV4Blocks make) {
    List<Block.Single> parts = new ArrayList<>();
    parts.add(make.stem());
    parts.addAll(Collections.nCopies(a, residual ? make.residualA() : make.a()));
    parts.add(residual ? make.reductionA(256, 256, 384, 384) : make.reductionA(192, 224, 256, 384));
    parts.addAll(Collections.nCopies(b, residual ? make.residualB() : make.b()));
    parts.add(residual ? make.residualReductionB() : make.reductionB());
    parts.addAll(Collections.nCopies(c, residual ? make.residualC() : make.c()));
    return parts;
  }
}
