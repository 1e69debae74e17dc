package dev.tilewright.conv;

/**
 * A convolution as the planner and the tuner see it: what is computed, and with how many threads.
 */
public record ConvProblem(ConvShape shape, Epilogue epilogue, int threads) {
  /** Canonical text: the shape's key, what the epilogue does, the threads. */
  public String key() {
    return shape.key()
        + (epilogue.bias() ? "_bias" : "")
        + (epilogue.residual() ? "_residual" : "")
        + (epilogue.activation() instanceof Activation.None
            ? ""
            : "_" + epilogue.activation().key())
        + "_t"
        + threads;
  }
}
