package dev.tilewright.zoo.build;

import static dev.tilewright.zoo.build.RuleException.require;

/** A window that moves along one dimension. */
record Window(int kernel, int stride, int pad, int dilation) {
  /**
   * Places of the window in {@code size} elements.
   *
   * @param ceil whether a last window may stick out
   * @param layer for the message
   * @throws RuleException if it fits nowhere
   */
  int output(int size, boolean ceil, String layer) {
    int reach = dilation * (kernel - 1) + 1;
    int rest = size + 2 * pad - reach;
    require(
        rest >= 0,
        "%s: the window (%d) is no larger than the map and its padding (%d + 2 * %d)",
        layer,
        reach,
        size,
        pad);
    int last = ceil ? Math.ceilDiv(rest, stride) : rest / stride;
    // As in PyTorch and in ONNX: a window that begins behind the map is left out.
    return ceil && last * stride >= size + pad ? last : last + 1;
  }
}
