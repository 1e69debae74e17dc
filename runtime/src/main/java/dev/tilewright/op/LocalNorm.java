package dev.tilewright.op;

import dev.tilewright.graph.Op;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.tensor.View;

/**
 * Divides each value by a power of the squares around it in its row, in double. Workspace: the
 * squares of a row between zeros for the channels beyond its ends, 8 bytes each.
 *
 * @param channels in a row
 */
record LocalNorm(Op.LocalNorm op, int channels) implements Kernel {
  @Override
  public long workspaceBytes() {
    return 8L * (channels + op.size() - 1);
  }

  @Override
  public boolean acceptsStridedRows() {
    return true;
  }

  @Override
  public Task bind(Operands operands) {
    View x = operands.in().getFirst();
    View out = operands.out().getFirst();
    return Split.byCost(
        x.rows(),
        (10L + op.size()) * channels, // roots cost about as much as ten additions
        (from, to, worker) -> {
          long squares = operands.workspace(worker);
          Sums.fill(squares, channels + op.size() - 1L, 0);
          for (long row = from; row < to; row++) {
            row(
                x.address() + 4 * row * x.rowStride(),
                out.address() + 4 * row * out.rowStride(),
                squares);
          }
        });
  }

  /** Channel c reads the squares from c - floor((size - 1) / 2) to c + ceil((size - 1) / 2). */
  private void row(long x, long out, long squares) {
    long own = squares + 8L * ((op.size() - 1) / 2);
    for (int c = 0; c < channels; c++) {
      double value = Elements.getFloat(x + 4L * c);
      Elements.setDouble(own + 8L * c, value * value);
    }
    double factor = (double) op.alpha() / op.size();
    for (int c = 0; c < channels; c++) {
      double sum = 0;
      for (int i = 0; i < op.size(); i++) {
        sum += Elements.getDouble(squares + 8L * (c + i));
      }
      double value = Elements.getFloat(x + 4L * c);
      Elements.setFloat(out + 4L * c, value / power(op.bias() + factor * sum));
    }
  }

  /** base ^ beta; the exponents that networks use are roots, ten times as fast. */
  private double power(double base) {
    if (op.beta() == 0.75f) {
      double root = Math.sqrt(base);
      return root * Math.sqrt(root);
    }
    return op.beta() == 0.5f ? Math.sqrt(base) : Math.pow(base, op.beta());
  }
}
