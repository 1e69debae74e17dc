package dev.tilewright.conv;

/** Elementwise function that a convolution can apply to its result before storing it. */
public sealed interface Activation {
  /** Identity. */
  record None() implements Activation {}

  /** min(max(x, low), high); ReLU is (0, +inf), ReLU6 is (0, 6). NaN stays NaN. */
  record Clip(float low, float high) implements Activation {}

  /** x for x above 0, slope * x elsewhere. */
  record LeakyRelu(float slope) implements Activation {}

  /** 1 / (1 + exp(-x)). */
  record Sigmoid() implements Activation {}

  /** max(0, min(1, alpha * x + beta)). */
  record HardSigmoid(float alpha, float beta) implements Activation {}

  /** x * sigmoid(x), also called Swish. */
  record Silu() implements Activation {}

  /** x * max(0, min(1, x / 6 + 0.5)). */
  record HardSwish() implements Activation {}

  /** 0.5 * x * (1 + erf(x / sqrt 2)). */
  record Gelu() implements Activation {}

  record Tanh() implements Activation {}

  static Activation none() {
    return new None();
  }

  /** Rectified linear unit: max(x, 0). */
  static Activation relu() {
    return new Clip(0, Float.POSITIVE_INFINITY);
  }

  /** Canonical text, part of a problem's key: {@code relu}, {@code clip(0,6)}. */
  default String key() {
    return switch (this) {
      case None() -> "none";
      case Clip(float low, float high) when low == 0 && high == Float.POSITIVE_INFINITY -> "relu";
      case Clip(float low, float high) -> "clip(" + low + "," + high + ")";
      case LeakyRelu(float slope) -> "leaky_relu(" + slope + ")";
      case Sigmoid() -> "sigmoid";
      case HardSigmoid(float alpha, float beta) -> "hard_sigmoid(" + alpha + "," + beta + ")";
      case Silu() -> "silu";
      case HardSwish() -> "hard_swish";
      case Gelu() -> "gelu";
      case Tanh() -> "tanh";
    };
  }

  /**
   * The activation that {@link #key} wrote.
   *
   * @throws IllegalArgumentException if the text is not that
   */
  static Activation parse(String key) {
    int open = key.indexOf('(');
    boolean closed = key.endsWith(")");
    String name = open < 0 ? key : key.substring(0, open);
    String[] values =
        open < 0 || !closed ? new String[0] : key.substring(open + 1, key.length() - 1).split(",");
    return switch (name + values.length) {
      case "none0" -> none();
      case "relu0" -> relu();
      case "clip2" -> new Clip(Float.parseFloat(values[0]), Float.parseFloat(values[1]));
      case "leaky_relu1" -> new LeakyRelu(Float.parseFloat(values[0]));
      case "sigmoid0" -> new Sigmoid();
      case "hard_sigmoid2" ->
          new HardSigmoid(Float.parseFloat(values[0]), Float.parseFloat(values[1]));
      case "silu0" -> new Silu();
      case "hard_swish0" -> new HardSwish();
      case "gelu0" -> new Gelu();
      case "tanh0" -> new Tanh();
      default -> throw new IllegalArgumentException("not an activation: " + key);
    };
  }

  /** The function on one value: the definition, in double. NaN in, NaN out. */
  default double apply(double x) {
    return switch (this) {
      case None() -> x;
      case Clip(float low, float high) -> Math.min(Math.max(x, low), high);
      case LeakyRelu(float slope) -> x > 0 ? x : slope * x;
      case Sigmoid() -> 1 / (1 + Math.exp(-x));
      case HardSigmoid(float alpha, float beta) -> Math.max(0, Math.min(1, alpha * x + beta));
      case Silu() -> x / (1 + Math.exp(-x));
      case HardSwish() -> x * Math.max(0, Math.min(1, x / 6 + 0.5));
      case Gelu() -> 0.5 * x * (1 + Erf.erf(x / Math.sqrt(2)));
      case Tanh() -> Math.tanh(x);
    };
  }
}
