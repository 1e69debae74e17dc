package dev.tilewright.zoo.build;

import java.util.Locale;

/** Parameters or shapes that break a rule of a block; the message says which one, and how. */
public final class RuleException extends IllegalArgumentException {
  private static final long serialVersionUID = 1;

  public RuleException(String message) {
    super(message);
  }

  /**
   * Checks a rule.
   *
   * @param rule what must hold, and what is given: a format of {@link String#format}
   * @throws RuleException if it does not hold
   */
  @SuppressWarnings("AnnotateFormatMethod") // the annotation would be a library to depend on
  public static void require(boolean holds, String rule, Object... given) {
    if (!holds) {
      throw new RuleException(String.format(Locale.ROOT, rule, given));
    }
  }
}
