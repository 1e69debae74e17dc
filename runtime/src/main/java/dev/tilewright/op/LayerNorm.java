package dev.tilewright.op;

import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.tensor.View;

/** Rows brought to mean 0 and variance 1, then scaled and shifted by column; sums in double. */
record LayerNorm(float epsilon) implements Kernel {
  @Override
  public boolean acceptsStridedRows() {
    return true;
  }

  @Override
  public Task bind(Operands operands) {
    View x = operands.in().get(0);
    View out = operands.out().getFirst();
    long scale = operands.in().get(1).address();
    long shift = operands.in().get(2).address();
    int n = x.columns();
    return Split.byCost(
        x.rows(),
        4L * n,
        (from, to, worker) -> {
          for (long r = from; r < to; r++) {
            row(
                x.address() + 4 * r * x.rowStride(),
                out.address() + 4 * r * out.rowStride(),
                n,
                scale,
                shift);
          }
        });
  }

  private void row(long x, long out, int n, long scale, long shift) {
    double sum = 0;
    for (int i = 0; i < n; i++) {
      sum += Elements.getFloat(x + 4L * i);
    }
    double mean = sum / n;
    double squares = 0;
    for (int i = 0; i < n; i++) {
      double d = Elements.getFloat(x + 4L * i) - mean;
      squares += d * d;
    }
    double factor = 1 / Math.sqrt(squares / n + epsilon);
    for (int i = 0; i < n; i++) {
      double normal = (Elements.getFloat(x + 4L * i) - mean) * factor;
      Elements.setFloat(
          out + 4L * i,
          normal * Elements.getFloat(scale + 4L * i) + Elements.getFloat(shift + 4L * i));
    }
  }
}
