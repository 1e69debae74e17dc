package dev.tilewright.zoo.block;

import static dev.tilewright.zoo.block.FactorizedInception.averaged;
import static dev.tilewright.zoo.block.FactorizedInception.halved;

import dev.tilewright.zoo.algorithm.Widths;
import dev.tilewright.zoo.build.Block;

/**
 * What Inception v4 and Inception-ResNet-v2 are made of (Szegedy et al. 2016, arXiv 1602.07261),
 * each by the figure of the paper; V filters see only pixels of the map.
 *
 * @param width multiplier of all channels
 */
public record InceptionV4Blocks(double width) {
  public InceptionV4Blocks {
    width = Widths.multiplier(width);
  }

  /** Figure 3, from 299x299 to 35x35. */
  public Sequence stem() {
    return Sequence.of(
        reducing(32),
        ConvUnit.valid(c(32), 3, 1),
        square(64, 3),
        Branches.of(halved(), reducing(96)),
        Branches.of(
            Sequence.of(square(64, 1), ConvUnit.valid(c(96), 3, 1)),
            Sequence.of(square(64, 1), tall(64, 7), flat(64, 7), ConvUnit.valid(c(96), 3, 1))),
        Branches.of(reducing(192), halved()));
  }

  /** Figure 4. */
  public Branches a() {
    return Branches.of(
        averaged(c(96)),
        square(96, 1),
        Sequence.of(square(64, 1), square(96, 3)),
        Sequence.of(square(64, 1), square(96, 3), square(96, 3)));
  }

  /** Figure 5. */
  public Branches b() {
    return Branches.of(
        averaged(c(128)),
        square(384, 1),
        Sequence.of(square(192, 1), flat(224, 7), tall(256, 7)),
        Sequence.of(square(192, 1), flat(192, 7), tall(224, 7), flat(224, 7), tall(256, 7)));
  }

  /** Figure 6. */
  public Branches c() {
    return Branches.of(
        averaged(c(256)),
        square(256, 1),
        Sequence.of(square(384, 1), Branches.of(flat(256, 3), tall(256, 3))),
        Sequence.of(
            square(384, 1), flat(448, 3), tall(512, 3), Branches.of(tall(256, 3), flat(256, 3))));
  }

  /** Figure 7, with the channels of table 1. */
  public Branches reductionA(int k, int l, int m, int n) {
    return Branches.of(halved(), reducing(n), Sequence.of(square(k, 1), square(l, 3), reducing(m)));
  }

  /** Figure 8. */
  public Branches reductionB() {
    return Branches.of(
        halved(),
        Sequence.of(square(192, 1), reducing(192)),
        Sequence.of(square(256, 1), flat(256, 7), tall(320, 7), reducing(320)));
  }

  /** Figure 16. */
  public InceptionResidual residualA() {
    Branches branches =
        Branches.of(
            square(32, 1),
            Sequence.of(square(32, 1), square(32, 3)),
            Sequence.of(square(32, 1), square(48, 3), square(64, 3)));
    return new InceptionResidual(branches, 0.17);
  }

  /** Figure 17. */
  public InceptionResidual residualB() {
    Branches branches =
        Branches.of(square(192, 1), Sequence.of(square(128, 1), flat(160, 7), tall(192, 7)));
    return new InceptionResidual(branches, 0.1);
  }

  /** Figure 19. */
  public InceptionResidual residualC() {
    Branches branches =
        Branches.of(square(192, 1), Sequence.of(square(192, 1), flat(224, 3), tall(256, 3)));
    return new InceptionResidual(branches, 0.2);
  }

  /** Figure 18. */
  public Branches residualReductionB() {
    return Branches.of(
        halved(),
        Sequence.of(square(256, 1), reducing(384)),
        Sequence.of(square(256, 1), reducing(288)),
        Sequence.of(square(256, 1), square(288, 3), reducing(320)));
  }

  private Block.Single square(int cout, int kernel) {
    return ConvUnit.of(c(cout), kernel);
  }

  private Block.Single flat(int cout, int kernel) {
    return ConvUnit.of(c(cout), 1, kernel);
  }

  private Block.Single tall(int cout, int kernel) {
    return ConvUnit.of(c(cout), kernel, 1);
  }

  /** A 3x3 V of half the size. */
  private Block.Single reducing(int cout) {
    return ConvUnit.valid(c(cout), 3, 2);
  }

  private int c(int channels) {
    return Widths.scaled(channels, width);
  }
}
