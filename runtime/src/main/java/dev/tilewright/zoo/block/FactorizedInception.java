package dev.tilewright.zoo.block;

import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.PoolSpec;

/**
 * Modules of "Rethinking the inception architecture" (Szegedy et al. 2015, arXiv 1512.00567), all
 * with batch normalisation. Averages leave out the padding, as in the authors' code.
 */
public final class FactorizedInception {
  private FactorizedInception() {}

  /**
   * Figure 6: n x n as 1 x n and n x 1, which takes 2/n of the work.
   *
   * @param inner channels between the filters
   * @param cout channels of each of the four branches
   */
  public static Branches figure6(int inner, int cout, int n) {
    return Branches.of(
        ConvUnit.of(cout, 1),
        Sequence.of(ConvUnit.of(inner, 1), ConvUnit.of(inner, 1, n), ConvUnit.of(cout, n, 1)),
        Sequence.of(
            ConvUnit.of(inner, 1),
            ConvUnit.of(inner, n, 1),
            ConvUnit.of(inner, 1, n),
            ConvUnit.of(inner, n, 1),
            ConvUnit.of(cout, 1, n)),
        averaged(cout));
  }

  /**
   * Figure 7: banks of filters that are wider, not deeper.
   *
   * @param one channels of the 1x1
   * @param reduced channels of the 1x1 before the 3x3
   * @param cout channels of each of the four 1x3 and 3x1
   * @param pool channels behind the pool
   */
  public static Branches figure7(int one, int reduced, int cout, int pool) {
    return Branches.of(
        ConvUnit.of(one, 1),
        Sequence.of(ConvUnit.of(cout, 1), crossed(cout)),
        Sequence.of(ConvUnit.of(reduced, 1), ConvUnit.of(cout, 3), crossed(cout)),
        averaged(pool));
  }

  private static Branches crossed(int cout) {
    return Branches.of(ConvUnit.of(cout, 1, 3), ConvUnit.of(cout, 3, 1));
  }

  /** A 3x3 average, then a 1x1. */
  public static Sequence averaged(int cout) {
    PoolSpec average = PoolSpec.of(3).stride(1).padding(1).withoutPadding();
    return Sequence.of((n, x) -> n.averagePool(x, average), ConvUnit.of(cout, 1));
  }

  /** The largest of 3x3, half the size. */
  public static Block.Single halved() {
    return (n, x) -> n.maxPool(x, PoolSpec.of(3).stride(2));
  }
}
