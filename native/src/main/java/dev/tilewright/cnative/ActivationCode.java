package dev.tilewright.cnative;

import dev.tilewright.conv.Activation;

/**
 * An activation as tilewright.h numbers it.
 *
 * @param a first parameter
 * @param b second parameter
 */
record ActivationCode(int kind, float a, float b) {
  static ActivationCode of(Activation activation) {
    return switch (activation) {
      case Activation.None() -> new ActivationCode(0, 0, 0);
      case Activation.Clip(float low, float high) -> new ActivationCode(1, low, high);
      case Activation.LeakyRelu(float slope) -> new ActivationCode(2, slope, 0);
      case Activation.Sigmoid() -> new ActivationCode(3, 0, 0);
      case Activation.HardSigmoid(float alpha, float beta) -> new ActivationCode(4, alpha, beta);
      case Activation.Silu() -> new ActivationCode(5, 0, 0);
      case Activation.HardSwish() -> new ActivationCode(6, 0, 0);
      case Activation.Gelu() -> new ActivationCode(7, 0, 0);
      case Activation.Tanh() -> new ActivationCode(8, 0, 0);
    };
  }
}
