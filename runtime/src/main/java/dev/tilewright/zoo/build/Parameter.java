package dev.tilewright.zoo.build;

import dev.tilewright.tensor.Shape;

/**
 * Values that training gives.
 *
 * @param name as PyTorch names it, such as {@code layer1.0.conv2.weight}
 * @param shape as PyTorch has it: filters [K, C/g, h, w], matrices [out, in]
 * @param learned whether gradients change it: statistics are not
 */
public record Parameter(String name, Shape shape, Role role, boolean learned) {
  /** What the values are for, which decides how they are drawn when nobody gives them. */
  public enum Role {
    /** Filters and matrices: the first dimension is the outputs, the rest is summed over. */
    WEIGHT,
    /** Several filters or matrices, by the first dimension, that are mixed. */
    EXPERTS,
    BIAS,
    /** Of a normalisation. */
    SCALE,
    /** Of the last normalisation of a branch that is added to its own input. */
    GAIN,
    /** Tables that are added: positions, class tokens. */
    TABLE,
    /** Statistics of batch normalisation: not learned by gradients, so they do not count. */
    MEAN,
    VARIANCE;

    boolean learned() {
      return this != MEAN && this != VARIANCE;
    }
  }
}
