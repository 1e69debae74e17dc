package dev.tilewright.database;

import dev.tilewright.conv.Tile;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How estimates of an algorithm differ from its times on a machine: the logarithm of time /
 * estimate is a weighted sum of what {@code plan.Correction} reads off a problem.
 *
 * @param tile null for the algorithm as a whole; else the one weight is what this tile takes more
 *     (or less, below 0) than the algorithm as a whole
 * @param samples times that it was fitted to
 * @param weights of the terms, in their order
 * @param seconds since 1970 when it was written
 */
public record CostFit(
    Machine machine,
    String algorithm,
    @Nullable Tile tile,
    int samples,
    List<Double> weights,
    long seconds)
    implements Entry {
  public CostFit {
    TuningRecord.requireName(algorithm);
    weights = List.copyOf(weights);
    if (weights.isEmpty() || !weights.stream().allMatch(Double::isFinite)) {
      throw new IllegalArgumentException("weights that are no numbers");
    }
  }
}
