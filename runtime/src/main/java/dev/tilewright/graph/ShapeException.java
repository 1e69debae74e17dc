package dev.tilewright.graph;

/** An operator was given inputs that it cannot take; the message names the rule broken. */
public final class ShapeException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public ShapeException(String message) {
    super(message);
  }
}
