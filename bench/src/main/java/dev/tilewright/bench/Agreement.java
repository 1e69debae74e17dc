package dev.tilewright.bench;

import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Tensor;
import java.util.Arrays;
import java.util.Map;

/**
 * Whether two sides computed the same: max|a-b| <= 1e-3 * max(1, max|b|) for every output, and
 * integers exactly.
 *
 * @param agrees the verdict over all outputs
 * @param error largest max|a-b| / max(1, max|b|) of any output; infinite for NaN or other shapes
 */
record Agreement(boolean agrees, double error) {
  private static final double TOLERANCE = 1e-3;

  static Agreement of(Map<String, Tensor> ours, Map<String, Tensor> theirs) {
    double worst = ours.keySet().equals(theirs.keySet()) ? 0 : Double.POSITIVE_INFINITY;
    for (Map.Entry<String, Tensor> output : ours.entrySet()) {
      Tensor other = theirs.get(output.getKey());
      if (other != null) {
        worst = Math.max(worst, error(output.getValue(), other));
      }
    }
    return new Agreement(worst <= TOLERANCE, worst);
  }

  private static double error(Tensor a, Tensor b) {
    if (!a.type().equals(b.type())) {
      return Double.POSITIVE_INFINITY;
    }
    if (a.dtype() != DType.FLOAT32) {
      return Arrays.equals(a.toLongs(), b.toLongs()) ? 0 : Double.POSITIVE_INFINITY;
    }
    return error(a.toFloats(), b.toFloats());
  }

  static double error(float[] a, float[] b) {
    double difference = 0;
    double scale = 1;
    for (int i = 0; i < a.length; i++) {
      // Equal infinities differ by NaN; NaN of both sides is agreement, of one side it is not.
      double d = Float.compare(a[i], b[i]) == 0 ? 0 : Math.abs((double) a[i] - b[i]);
      difference = Double.isNaN(d) ? Double.POSITIVE_INFINITY : Math.max(difference, d);
      if (Float.isFinite(b[i])) {
        scale = Math.max(scale, Math.abs(b[i]));
      }
      if (difference == Double.POSITIVE_INFINITY) {
        return difference;
      }
    }
    return difference / scale;
  }
}
