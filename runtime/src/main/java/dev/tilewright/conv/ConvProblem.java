package dev.tilewright.conv;

/**
 * A convolution as the planner and the tuner see it: what is computed, and with how many threads.
 */
public record ConvProblem(ConvShape shape, Epilogue epilogue, int threads) {
  /** Canonical text: {@link #work} and the threads. */
  public String key() {
    return work() + "_t" + threads;
  }

  /** Canonical text of what is computed: the shape's key and what the epilogue does. */
  public String work() {
    return shape.key()
        + (epilogue.bias() ? "_bias" : "")
        + (epilogue.residual() ? "_residual" : "")
        + (epilogue.activation() instanceof Activation.None
            ? ""
            : "_" + epilogue.activation().key());
  }
}
