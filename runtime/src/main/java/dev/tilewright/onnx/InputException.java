package dev.tilewright.onnx;

/** The shapes given for the inputs of a model are not ones it takes; the message says why. */
public final class InputException extends IllegalArgumentException {
  private static final long serialVersionUID = 1;

  public InputException(String message) {
    super(message);
  }
}
