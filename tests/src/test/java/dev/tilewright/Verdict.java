package dev.tilewright;

import dev.tilewright.onnx.UnsupportedModelException;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Tensor;
import java.io.IOException;

/** What became of a model that was imported, planned and run. */
sealed interface Verdict {
  record Agrees() implements Verdict {}

  /** The runtime says that it cannot run it. */
  record Refused(String why) implements Verdict {}

  record Wrong(String what) implements Verdict {}

  /** Something that runs a model and throws if the result is not the expected one. */
  interface Attempt {
    void run() throws IOException;
  }

  static Verdict of(Attempt attempt) {
    try {
      attempt.run();
      return new Agrees();
    } catch (UnsupportedModelException e) {
      return new Refused(String.join("; ", e.missing()));
    } catch (IOException | RuntimeException | AssertionError e) {
      return new Wrong(e.toString().lines().findFirst().orElse(""));
    }
  }

  /**
   * Fails unless type and shape are equal and |got - want| <= atol + rtol * |want| everywhere;
   * other types than float32 must be equal.
   */
  static void requireClose(String name, Tensor got, Tensor want, double atol, double rtol) {
    if (!got.type().equals(want.type())) {
      throw new AssertionError(name + ": got " + got.type() + ", want " + want.type());
    }
    if (want.dtype() != DType.FLOAT32) {
      long[] a = got.toLongs();
      long[] b = want.toLongs();
      for (int i = 0; i < a.length; i++) {
        if (a[i] != b[i]) {
          throw new AssertionError(name + "[" + i + "]: got " + a[i] + ", want " + b[i]);
        }
      }
      return;
    }
    float[] a = got.toFloats();
    float[] b = want.toFloats();
    for (int i = 0; i < a.length; i++) {
      double allowed = atol + rtol * Math.abs((double) b[i]);
      // Equal covers infinities and NaN; a difference from an infinity is none or infinite.
      if (Float.compare(a[i], b[i]) != 0
          && !(Float.isFinite(b[i]) && Math.abs((double) a[i] - b[i]) <= allowed)) {
        throw new AssertionError(name + "[" + i + "]: got " + a[i] + ", want " + b[i]);
      }
    }
  }
}
