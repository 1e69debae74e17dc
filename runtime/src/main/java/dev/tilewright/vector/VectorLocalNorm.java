package dev.tilewright.vector;

import dev.tilewright.graph.Op;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.op.OpProblem;
import dev.tilewright.tensor.View;
import java.util.Optional;
import jdk.incubator.vector.FloatVector;

/**
 * Rows of at least a vector divided by a root of the squares around each value. A unit is a row.
 * Workspace: the squares of a row between zeros for the channels beyond its ends.
 *
 * @param columns of a row
 */
record VectorLocalNorm(Op.LocalNorm op, int columns) implements Kernel {
  /** Exponents that are roots, as those are that networks use. */
  static Optional<Kernel> of(OpProblem problem, Op.LocalNorm op) {
    int columns = problem.out().getFirst().shape().last();
    boolean isRoot = op.beta() == 0.5f || op.beta() == 0.75f;
    return isRoot && columns >= Lanes.LENGTH
        ? Optional.of(new VectorLocalNorm(op, columns))
        : Optional.empty();
  }

  @Override
  public boolean acceptsStridedRows() {
    return true;
  }

  @Override
  public long workspaceBytes() {
    return 4L * (columns + op.size() - 1);
  }

  @Override
  public Task bind(Operands operands) {
    View src = operands.in().getFirst();
    View dst = operands.out().getFirst();
    return new UnitTask(src.rows(), 32L * columns) {
      @Override
      void units(long from, long to, int worker) {
        long squares = operands.workspace(worker);
        for (int i = 0; i < columns + op.size() - 1; i++) {
          Lanes.set(squares + 4L * i, 0);
        }
        for (long row = from; row < to; row++) {
          long x = src.address() + 4 * row * src.rowStride();
          square(x, squares + 4L * ((op.size() - 1) / 2));
          divide(x, squares, dst.address() + 4 * row * dst.rowStride());
        }
      }
    };
  }

  private void square(long x, long to) {
    for (int i = 0; i < Lanes.cover(columns); i++) {
      long at = place(i);
      FloatVector v = Lanes.load(x + at);
      Lanes.store(v.mul(v), to + at);
    }
  }

  private void divide(long x, long squares, long to) {
    float factor = op.alpha() / op.size();
    for (int i = 0; i < Lanes.cover(columns); i++) {
      long at = place(i);
      FloatVector sum = Lanes.load(squares + at);
      for (int j = 1; j < op.size(); j++) {
        sum = sum.add(Lanes.load(squares + at + 4L * j));
      }
      FloatVector root = sum.mul(factor).add(op.bias()).sqrt();
      FloatVector power = op.beta() == 0.5f ? root : root.mul(root.sqrt());
      Lanes.store(Lanes.load(x + at).div(power), to + at);
    }
  }

  /** In bytes, of a vector in a row; the last one overlaps the one before. */
  private long place(int vector) {
    return 4L * Math.min(vector * Lanes.LENGTH, columns - Lanes.LENGTH);
  }
}
