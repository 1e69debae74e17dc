package dev.tilewright.zoo.network;

import static dev.tilewright.zoo.block.FactorizedInception.averaged;
import static dev.tilewright.zoo.block.FactorizedInception.figure6;
import static dev.tilewright.zoo.block.FactorizedInception.figure7;
import static dev.tilewright.zoo.block.FactorizedInception.halved;

import dev.tilewright.zoo.algorithm.Widths;
import dev.tilewright.zoo.block.Branches;
import dev.tilewright.zoo.block.ConvUnit;
import dev.tilewright.zoo.block.Sequence;
import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import java.util.ArrayList;
import java.util.List;

/**
 * Inception v3 (Szegedy et al. 2015, arXiv 1512.00567), without the classifier that helps in
 * training.
 *
 * @param width multiplier of all channels
 * @param wide blocks of figure 5, with these channels behind the pool
 * @param inner blocks of figure 6, with these channels between the filters
 * @param expanded blocks of figure 7
 * @param epsilon of batch normalisations
 */
public record InceptionV3(
    double width, List<Integer> wide, List<Integer> inner, int expanded, float epsilon, int classes)
    implements Block.Single {
  /** As published. */
  public InceptionV3() {
    this(1, List.of(32, 64, 64), List.of(128, 160, 160, 192), 2, MobileNet.WIDE_EPSILON, 1000);
  }

  @Override
  public Feature apply(Layers network, Feature x) {
    Feature y = parts().apply(network.epsilon(epsilon), x);
    return network.linear("fc", network.flatten(network.globalAveragePool(y)), classes);
  }

  private Sequence parts() {
    List<Block.Single> parts = new ArrayList<>();
    parts.add(ConvUnit.valid(c(32), 3, 2));
    parts.add(ConvUnit.valid(c(32), 3, 1));
    parts.add(ConvUnit.of(c(64), 3));
    parts.add(halved());
    parts.add(ConvUnit.valid(c(80), 1, 1));
    parts.add(ConvUnit.valid(c(192), 3, 1));
    parts.add(halved());
    wide.forEach(pool -> parts.add(figure5(c(pool))));
    parts.add(
        Branches.of(
            ConvUnit.valid(c(384), 3, 2),
            Sequence.of(ConvUnit.of(c(64), 1), ConvUnit.of(c(96), 3), ConvUnit.valid(c(96), 3, 2)),
            halved()));
    inner.forEach(channels -> parts.add(figure6(c(channels), c(192), 7)));
    parts.add(
        Branches.of(
            Sequence.of(ConvUnit.of(c(192), 1), ConvUnit.valid(c(320), 3, 2)),
            Sequence.of(
                ConvUnit.of(c(192), 1),
                ConvUnit.of(c(192), 1, 7),
                ConvUnit.of(c(192), 7, 1),
                ConvUnit.valid(c(192), 3, 2)),
            halved()));
    for (int i = 0; i < expanded; i++) {
      parts.add(figure7(c(320), c(448), c(384), c(192)));
    }
    return new Sequence(parts);
  }

  /** With one branch as it was before: a 5x5. */
  private Branches figure5(int pool) {
    return Branches.of(
        ConvUnit.of(c(64), 1),
        Sequence.of(ConvUnit.of(c(48), 1), ConvUnit.of(c(64), 5)),
        Sequence.of(ConvUnit.of(c(64), 1), ConvUnit.of(c(96), 3), ConvUnit.of(c(96), 3)),
        averaged(pool));
  }

  private int c(int channels) {
    return Widths.scaled(channels, width);
  }
}
