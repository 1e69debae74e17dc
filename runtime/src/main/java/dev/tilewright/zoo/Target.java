package dev.tilewright.zoo;

import static dev.tilewright.zoo.build.RuleException.require;

/**
 * How long a block may take, in times of something that is timed beside it.
 *
 * @param unit what that is
 * @param most times it
 * @param beside the entry that stands for the dense 3x3 convolution; empty: that convolution itself
 * @param recorded what ONNX Runtime 1.29 took on another machine for the model as it is trained, in
 *     times of its own dense 3x3; NaN if that was not measured
 */
public record Target(Unit unit, double most, String beside, double recorded) {
  /** What a block is measured by. */
  public enum Unit {
    /** A dense 3x3 convolution of the same channels and size. */
    DENSE,
    /** The part of the dense convolution's time that is its part of the multiply-adds. */
    WORK,
    /** Reading all inputs and writing all outputs once. */
    COPY
  }

  public Target {
    require(most > 0, "a block may take more than no time, not %s", most);
  }

  /** At most so many times as long as the dense convolution. */
  public static Target dense(double most) {
    return new Target(Unit.DENSE, most, "", Double.NaN);
  }

  /** As long as the dense convolution that it becomes when it is loaded. */
  public static Target folded() {
    return dense(1.03);
  }

  /** As long as another entry, which it becomes when it is loaded. */
  public static Target foldedTo(String entry) {
    return new Target(Unit.DENSE, 1.03, entry, Double.NaN);
  }

  /** In proportion to the multiply-adds that are left when it is loaded, and 15 % more. */
  public static Target work() {
    return new Target(Unit.WORK, 1.15, "", Double.NaN);
  }

  /** Bound by memory: half as long again as reading and writing once. */
  public static Target copy() {
    return new Target(Unit.COPY, 1.5, "", Double.NaN);
  }

  public Target recorded(double ratio) {
    return new Target(unit, most, beside, ratio);
  }
}
