package dev.tilewright.cli;

import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Tensor;
import java.util.Locale;

/** Smallest, largest and mean value of a tensor; NaN in any makes all NaN. */
record Summary(double min, double max, double mean) {
  static Summary of(Tensor tensor) {
    int count = Math.toIntExact(tensor.shape().elements());
    double[] values = new double[count];
    if (tensor.dtype() == DType.FLOAT32) {
      float[] floats = tensor.toFloats();
      for (int i = 0; i < count; i++) {
        values[i] = floats[i];
      }
    } else {
      long[] longs = tensor.toLongs();
      for (int i = 0; i < count; i++) {
        values[i] = number(tensor.dtype(), longs[i]);
      }
    }
    double min = count == 0 ? Double.NaN : Double.POSITIVE_INFINITY;
    double max = count == 0 ? Double.NaN : Double.NEGATIVE_INFINITY;
    double sum = 0;
    for (double value : values) {
      min = Math.min(min, value);
      max = Math.max(max, value);
      sum += value;
    }
    return new Summary(min, max, sum / count);
  }

  private static double number(DType dtype, long bits) {
    boolean high = dtype == DType.UINT64 && bits < 0;
    return high ? (bits & Long.MAX_VALUE) + 0x1p63 : bits;
  }

  @Override
  public String toString() {
    return String.format(Locale.ROOT, "min %.6g  max %.6g  mean %.6g", min, max, mean);
  }
}
