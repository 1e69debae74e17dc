package dev.tilewright.onnx;

/** The file is not a model we can read; the message says what and where. */
public final class ModelFormatException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public ModelFormatException(String message) {
    super(message);
  }
}
