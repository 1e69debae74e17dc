package dev.tilewright.vector;

import dev.tilewright.graph.Op.BinaryFunction;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.op.OpProblem;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.View;
import java.util.Optional;

/**
 * exp(x - max) / sum along rows of at least a vector. A unit is a row; some are done together, for
 * the rows of attention are short and a call would cost as much as one.
 */
final class VectorSoftmax implements Kernel {
  /** Of 256 values: 16 KB, which stay in L1. */
  private static final int TOGETHER = 16;

  private final RowKernel exp = RowKernel.expOfDifference(RowKernel.Second.COLUMN);
  private final RowKernel multiply =
      RowKernel.of(BinaryFunction.MUL, RowKernel.Second.COLUMN).orElseThrow();

  static Optional<Kernel> of(OpProblem problem, int axis) {
    Shape shape = problem.out().getFirst().shape();
    if (axis < shape.rank() - 1) {
      return VectorColumnSoftmax.of(shape, axis);
    }
    return shape.last() >= Lanes.LENGTH && shape.elements() > 0
        ? Optional.of(new VectorSoftmax())
        : Optional.empty();
  }

  @Override
  public boolean acceptsStridedRows() {
    return true;
  }

  @Override
  public boolean mayOverwrite(int input) {
    return true;
  }

  /** A vector, then a value a row. */
  @Override
  public long workspaceBytes() {
    return Lanes.BYTES + 4L * TOGETHER;
  }

  @Override
  public Task bind(Operands operands) {
    View src = operands.in().getFirst();
    View dst = operands.out().getFirst();
    int n = src.columns();
    long lds = 4 * src.rowStride();
    long ldd = 4 * dst.rowStride();
    // The exponential takes about as long as moving the row three times.
    return new UnitTask(src.rows(), 32L * n) {
      @Override
      void units(long from, long to, int worker) {
        long lanes = operands.workspace(worker);
        long column = lanes + Lanes.BYTES;
        for (long r = from; r < to; r += TOGETHER) {
          long rows = Math.min(TOGETHER, to - r);
          long x = src.address() + r * lds;
          long y = dst.address() + r * ldd;
          for (int i = 0; i < rows; i++) {
            Lanes.set(column + 4L * i, RowFold.max(x + i * lds, n, lanes));
          }
          exp.apply(x, lds, column, 4, y, ldd, rows, n);
          for (int i = 0; i < rows; i++) {
            Lanes.set(column + 4L * i, (float) (1 / RowFold.sum(y + i * ldd, n, lanes)));
          }
          multiply.apply(y, ldd, column, 4, y, ldd, rows, n);
        }
      }
    };
  }
}
