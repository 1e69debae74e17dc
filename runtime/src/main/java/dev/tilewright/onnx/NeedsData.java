package dev.tilewright.onnx;

/**
 * A node needs the values of an input that are known only when the model runs. Not an error: the
 * importer puts the node off until they are.
 */
final class NeedsData extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final int input;

  NeedsData(int input) {
    super("needs the values of input " + input, null, false, false);
    this.input = input;
  }

  int input() {
    return input;
  }
}
