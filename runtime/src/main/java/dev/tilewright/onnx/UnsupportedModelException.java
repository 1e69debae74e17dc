package dev.tilewright.onnx;

import java.util.List;

/** The model is valid but needs operators that this runtime does not have; all are listed. */
public final class UnsupportedModelException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final transient List<String> missing;

  /**
   * @param missing one line per thing not supported: operator, opset, how often
   */
  public UnsupportedModelException(List<String> missing) {
    super("not supported: " + String.join("; ", missing));
    this.missing = List.copyOf(missing);
  }

  public List<String> missing() {
    return missing;
  }
}
