package dev.tilewright.conv;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

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

  /**
   * The problem that {@link #work} wrote, on one thread.
   *
   * @throws IllegalArgumentException if the text is not that
   */
  public static ConvProblem parse(String work) {
    Matcher parts = WORK.matcher(work);
    if (!parts.matches()) {
      throw new IllegalArgumentException("not a convolution: " + work);
    }
    String activation = parts.group("activation");
    return new ConvProblem(
        ConvShape.parse(parts.group("shape")),
        new Epilogue(
            parts.group("bias") != null,
            parts.group("residual") != null,
            activation == null ? Activation.none() : Activation.parse(activation)),
        1);
  }

  private static final Pattern WORK =
      Pattern.compile(
          "(?<shape>n\\d.*_p\\d+,\\d+,\\d+,\\d+)(?<bias>_bias)?(?<residual>_residual)?"
              + "(_(?<activation>.+))?");
}
