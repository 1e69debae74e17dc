package dev.tilewright.onnx;

import dev.tilewright.conv.Activation;
import java.util.Map;

/** Activations as the file format has them; those without a word of their own as arithmetic. */
final class ExportActivations {
  private ExportActivations() {}

  /** Writes the function of a tensor; returns the name of the result. */
  static String write(ExportScope out, Activation activation, String x) {
    return switch (activation) {
      case Activation.None() -> x;
      case Activation.Clip(float low, float high)
          when low == 0 && high == Float.POSITIVE_INFINITY ->
          out.emit("Relu", Map.of(), x);
      case Activation.Clip(float low, float high) ->
          out.emit("Clip", Map.of(), x, bound(out, low), bound(out, high));
      case Activation.LeakyRelu(float slope) ->
          out.emit("LeakyRelu", Map.of("alpha", new Attribute.Real(slope)), x);
      case Activation.Sigmoid() -> out.emit("Sigmoid", Map.of(), x);
      case Activation.HardSigmoid(float alpha, float beta) ->
          out.emit(
              "HardSigmoid",
              Map.of("alpha", new Attribute.Real(alpha), "beta", new Attribute.Real(beta)),
              x);
      case Activation.Silu() -> out.emit("Mul", Map.of(), x, out.emit("Sigmoid", Map.of(), x));
      case Activation.HardSwish() -> out.emit("HardSwish", Map.of(), x);
      case Activation.Gelu() -> gelu(out, x);
      case Activation.Tanh() -> out.emit("Tanh", Map.of(), x);
    };
  }

  private static String bound(ExportScope out, float bound) {
    return Float.isInfinite(bound) ? "" : out.number(bound);
  }

  /** x * (erf(x / sqrt(2)) + 1) * 0.5, as frameworks write it and runtimes recognise it. */
  private static String gelu(ExportScope out, String x) {
    String scaled = out.emit("Div", Map.of(), x, out.number((float) Math.sqrt(2)));
    String erf = out.emit("Erf", Map.of(), scaled);
    String sum = out.emit("Add", Map.of(), erf, out.number(1));
    String product = out.emit("Mul", Map.of(), x, sum);
    return out.emit("Mul", Map.of(), product, out.number(0.5f));
  }
}
