package dev.tilewright.op;

import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.tensor.View;

/**
 * exp(x - max) / sum along one axis, in double. Workspace: the exponentials of one line along the
 * axis, 8 bytes each.
 *
 * @param size of the axis
 */
record Softmax(int axis, int size) implements Kernel {
  @Override
  public long workspaceBytes() {
    return (long) size * Double.BYTES;
  }

  @Override
  public boolean acceptsStridedRows() {
    return true;
  }

  @Override
  public Task bind(Operands operands) {
    View x = operands.in().getFirst();
    View out = operands.out().getFirst();
    long xStep = x.strides()[axis];
    long outStep = out.strides()[axis];
    Nest nest = Lines.across(out, x, axis);
    Nest.Run run =
        (to, from, exponentials, d, count) -> {
          for (long i = 0; i < count; i++) {
            line(to + i * nest.step(0), outStep, from + i * nest.step(1), xStep, exponentials);
          }
        };
    return Split.byCost(
        nest.elements(),
        20L * size, // an exponential costs about as much as twenty multiply-adds
        (from, to, worker) ->
            nest.walk(from, to, run, out.address(), x.address(), operands.workspace(worker), 0));
  }

  private void line(long to, long toStep, long from, long fromStep, long exponentials) {
    double max = Double.NEGATIVE_INFINITY;
    for (long i = 0; i < size; i++) {
      max = Math.max(max, Elements.getFloat(from + i * fromStep));
    }
    double sum = 0;
    for (long i = 0; i < size; i++) {
      double e = Math.exp(Elements.getFloat(from + i * fromStep) - max);
      Elements.setDouble(exponentials + 8 * i, e);
      sum += e;
    }
    for (long i = 0; i < size; i++) {
      Elements.setFloat(to + i * toStep, Elements.getDouble(exponentials + 8 * i) / sum);
    }
  }
}
