package dev.tilewright;

import dev.tilewright.onnx.UnsupportedModelException;
import java.util.List;
import java.util.function.Supplier;

/** Native memory that there is not: the error is the model's, nobody else lost any. */
final class NativeMemory {
  private NativeMemory() {}

  /**
   * The work's result.
   *
   * @throws UnsupportedModelException if it asks for more native memory than there is
   */
  static <T> T granted(Supplier<T> work) {
    try {
      return work.get();
    } catch (OutOfMemoryError e) {
      // Of the two kinds only this one leaves everybody else as they were.
      String message = message(e);
      if (!message.contains(" bytes")) {
        throw e;
      }
      UnsupportedModelException refusal =
          new UnsupportedModelException(
              List.of("more native memory than there is (" + message + ")"));
      refusal.initCause(e);
      throw refusal;
    }
  }

  /** The innermost: an error that crosses threads comes wrapped in another of its kind. */
  private static String message(Throwable e) {
    Throwable cause = e.getCause();
    return cause instanceof OutOfMemoryError ? message(cause) : String.valueOf(e.getMessage());
  }
}
