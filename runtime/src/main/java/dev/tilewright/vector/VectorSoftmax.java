package dev.tilewright.vector;

import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.op.OpProblem;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.View;
import java.util.Optional;
import jdk.incubator.vector.FloatVector;

/** exp(x - max) / sum along rows of at least a vector. A unit is a row. */
final class VectorSoftmax implements Kernel {
  static Optional<Kernel> of(OpProblem problem, int axis) {
    Shape shape = problem.out().getFirst().shape();
    return axis == shape.rank() - 1 && shape.last() >= Lanes.LENGTH && shape.elements() > 0
        ? Optional.of(new VectorSoftmax())
        : Optional.empty();
  }

  @Override
  public boolean acceptsStridedRows() {
    return true;
  }

  @Override
  public long workspaceBytes() {
    return 2L * Lanes.BYTES;
  }

  @Override
  public Task bind(Operands operands) {
    View src = operands.in().getFirst();
    View dst = operands.out().getFirst();
    int n = src.columns();
    // The exponential takes about as long as moving the row three times.
    return new UnitTask(src.rows(), 32L * n) {
      @Override
      void units(long from, long to, int worker) {
        long lanes = operands.workspace(worker);
        for (long r = from; r < to; r++) {
          long x = src.address() + r * 4 * src.rowStride();
          long y = dst.address() + r * 4 * dst.rowStride();
          exp(x, y, n, RowFold.max(x, n, lanes));
          scale(y, n, (float) (1 / RowFold.sum(y, n, lanes)));
        }
      }
    };
  }

  private static void exp(long x, long y, int n, float max) {
    long end = (n - Lanes.LENGTH) * 4L;
    int vectors = Lanes.cover(n);
    for (int i = 0; i < vectors; i++) {
      long at = Math.min((long) i * Lanes.BYTES, end);
      Lanes.store(VectorMath.exp(Lanes.load(x + at).sub(max)), y + at);
    }
  }

  /** In place, so the rest is done value by value instead of twice. */
  private static void scale(long y, int n, float factor) {
    int vectors = n / Lanes.LENGTH;
    for (int i = 0; i < vectors; i++) {
      FloatVector v = Lanes.load(y + (long) i * Lanes.BYTES);
      Lanes.store(v.mul(factor), y + (long) i * Lanes.BYTES);
    }
    for (int i = vectors * Lanes.LENGTH; i < n; i++) {
      Lanes.set(y + 4L * i, Lanes.get(y + 4L * i) * factor);
    }
  }
}
