package dev.tilewright.onnx;

/**
 * A value of the model, whichever stage computes it. In a body that is expanded more than once, the
 * same name means another slot each time. Compared by identity.
 */
public final class Slot {
  private final String name;

  Slot(String name) {
    this.name = name;
  }

  /** For people. */
  @Override
  public String toString() {
    return name;
  }
}
