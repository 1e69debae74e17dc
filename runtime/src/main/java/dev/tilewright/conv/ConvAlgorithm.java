package dev.tilewright.conv;

import dev.tilewright.kernel.Applicability;
import dev.tilewright.kernel.Kernel;
import java.util.List;

/**
 * One way to compute a convolution. Implementations are stateless; adding one means writing the
 * class and one line in its backend's list, and it is then planned, tested and tuned.
 *
 * <p>The kernel's operands are, in: src [N, H, W, C], then the residual if the epilogue has one;
 * out: dst [N, OH, OW, K]. Filter and bias come from the {@link Weights}. Kernels accept strided
 * rows unless they say otherwise.
 */
public interface ConvAlgorithm {
  /** Stable name, {@code backend.algorithm}; stored in tuning files, so never reused or renamed. */
  String id();

  /** Whether this algorithm computes the problem correctly on this machine. */
  Applicability check(ConvProblem problem);

  /** Tiles worth trying, best guess first. Never empty. */
  default List<Tile> tiles(ConvProblem problem) {
    return List.of(Tile.NONE);
  }

  /** What the algorithm would do; only asked where {@link #check} says yes. */
  Cost cost(ConvProblem problem, Tile tile);

  /**
   * Algorithms of one family run the same inner loop: what their costs miss, they miss alike, so
   * small differences between them count. Of backends that differ it says nothing.
   */
  default String family() {
    return id();
  }

  /** How it rounds; only asked where {@link #check} says yes. */
  default Rounding rounding(ConvShape shape) {
    return Rounding.DIRECT;
  }

  /** Packs the weights and binds the tile. Called once per layer and plan. */
  Kernel prepare(ConvProblem problem, Tile tile, Weights weights);

  /** Whether the filter may be such a sum, of a problem that it computes. */
  default Applicability check(ConvProblem problem, FilterSum sum) {
    return new Applicability.No("takes no sums of filters");
  }

  /**
   * The same for a filter that is a sum: the kernel's operands are src, factors [N, ..], then the
   * residual if there is one.
   *
   * @param experts instead of the filter, [K, C/G, FH, FW, E], with the K of one image; the bias is
   *     that of all
   * @throws UnsupportedOperationException if {@link #check(ConvProblem, FilterSum)} says no
   */
  default Kernel prepare(ConvProblem problem, Tile tile, FilterSum sum, Weights experts) {
    throw new UnsupportedOperationException(id() + " takes no sums of filters");
  }
}
