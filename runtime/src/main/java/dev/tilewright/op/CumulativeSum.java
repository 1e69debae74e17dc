package dev.tilewright.op;

import dev.tilewright.graph.Op;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.View;

/** Running sums along one axis: floats in double, integers in 64 bits. */
record CumulativeSum(Op.CumulativeSum op) implements Kernel {
  @Override
  public boolean acceptsStridedRows() {
    return true;
  }

  @Override
  public Task bind(Operands operands) {
    View x = operands.in().getFirst();
    View out = operands.out().getFirst();
    DType dtype = x.type().dtype();
    int size = x.shape().dim(op.axis());
    long xStep = x.strides()[op.axis()];
    long outStep = out.strides()[op.axis()];
    long first = op.reverse() ? size - 1L : 0;
    long direction = op.reverse() ? -1 : 1;
    Nest lines = Lines.across(out, x, op.axis());
    Nest.Run run =
        (to, from, c, d, count) -> {
          for (long i = 0; i < count; i++) {
            long dst = to + i * lines.step(0) + first * outStep;
            long src = from + i * lines.step(1) + first * xStep;
            if (dtype == DType.FLOAT32) {
              floats(dst, direction * outStep, src, direction * xStep, size);
            } else {
              integers(dtype, dst, direction * outStep, src, direction * xStep, size);
            }
          }
        };
    return Split.byCost(
        lines.elements(),
        size,
        (from, to, worker) -> lines.walk(from, to, run, out.address(), x.address(), 0, 0));
  }

  private void floats(long to, long toStep, long from, long fromStep, int size) {
    double sum = 0;
    for (int i = 0; i < size; i++) {
      double before = sum;
      sum += Elements.getFloat(from + i * fromStep);
      Elements.setFloat(to + i * toStep, op.exclusive() ? before : sum);
    }
  }

  private void integers(DType dtype, long to, long toStep, long from, long fromStep, int size) {
    long sum = 0;
    for (int i = 0; i < size; i++) {
      long before = sum;
      sum += Elements.getLong(dtype, from + i * fromStep);
      Elements.setLong(dtype, to + i * toStep, op.exclusive() ? before : sum);
    }
  }
}
