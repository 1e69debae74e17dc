package dev.tilewright.kernel;

/** Whether something can be used here, and if not, why not in words a user can act on. */
public sealed interface Applicability {
  /** Usable. */
  record Yes() implements Applicability {}

  /** Not usable; {@code reason} ends up in the output of {@code explain}. */
  record No(String reason) implements Applicability {}

  static Applicability yes() {
    return new Yes();
  }

  static Applicability when(boolean condition, String reasonIfNot) {
    return condition ? new Yes() : new No(reasonIfNot);
  }

  default boolean isYes() {
    return this instanceof Yes;
  }
}
