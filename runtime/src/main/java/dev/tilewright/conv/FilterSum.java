package dev.tilewright.conv;

/**
 * How a filter that a model computes is a sum of constant ones, the experts, with factors that a
 * run finds: that of image n is
 *
 * <pre>
 * filter[n][k][c][tap] = sum over e of factors[n][k][c * parts / (C/G)][e] * experts[k][c][tap][e]
 * </pre>
 *
 * <p>The convolution has the groups and the output channels of all images, one after the other; its
 * experts have the output channels of one.
 *
 * @param images that have factors of their own
 * @param experts E
 * @param parts of a group's input channels that have factors of their own
 * @param ownRows whether each output channel has; if not, factors are [n][part][e]
 */
public record FilterSum(int images, int experts, int parts, boolean ownRows) {
  /** Names what a kernel's packed form depends on. */
  public String form() {
    return "sum" + experts + "of" + images;
  }
}
