package dev.tilewright.zoo.block;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import dev.tilewright.zoo.build.PoolSpec;
import java.util.ArrayList;
import java.util.List;

/**
 * Inception module with dimension reductions (Szegedy et al. 2015, arXiv 1409.4842, figure 2b): a
 * 1x1, a 3x3, a wide filter and a pool beside each other, the middle ones behind a 1x1 that reduces
 * the channels.
 *
 * @param one channels of the 1x1
 * @param reduce3 channels before the 3x3
 * @param reduce5 channels before the wide filter
 * @param pool channels of the 1x1 behind the pool
 * @param wide the wide filter, or what stands for it
 * @param bias with biases; otherwise with batch normalisation
 */
public record InceptionModule(
    int one, int reduce3, int three, int reduce5, int five, int pool, Wide wide, boolean bias)
    implements Block.Single {
  /** The wide filter. */
  public enum Wide {
    /** A 5x5, as published. */
    FIVE,
    /** Two 3x3, which see as much (arXiv 1512.00567, figure 5), for 18/25 of the work. */
    TWO_THREES,
    /** One 3x3, as torchvision has it. */
    THREE;

    private List<Integer> kernels() {
      return switch (this) {
        case FIVE -> List.of(5);
        case TWO_THREES -> List.of(3, 3);
        case THREE -> List.of(3);
      };
    }
  }

  public InceptionModule {
    require(
        Math.min(Math.min(one, three), Math.min(five, pool)) > 0 && Math.min(reduce3, reduce5) > 0,
        "each branch of an inception module has channels: %d, %d-%d, %d-%d, %d",
        one,
        reduce3,
        three,
        reduce5,
        five,
        pool);
  }

  @Override
  public Feature apply(Layers n, Feature x) {
    List<Block.Single> filters = new ArrayList<>(List.of(unit(reduce5, 1)));
    wide.kernels().forEach(kernel -> filters.add(unit(five, kernel)));
    Block.Single pooled = (m, y) -> m.maxPool(y, PoolSpec.of(3).stride(1).padding(1));
    return Branches.of(
            unit(one, 1),
            Sequence.of(unit(reduce3, 1), unit(three, 3)),
            new Sequence(filters),
            Sequence.of(pooled, unit(pool, 1)))
        .apply(n, x);
  }

  private ConvUnit unit(int cout, int kernel) {
    return new ConvUnit(ConvSpec.of(cout, kernel).bias(bias));
  }
}
