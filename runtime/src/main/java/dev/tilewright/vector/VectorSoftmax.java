package dev.tilewright.vector;

import dev.tilewright.graph.Op.BinaryFunction;
import dev.tilewright.graph.Op.UnaryFunction;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.op.OpProblem;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.View;
import java.util.Optional;

/** exp(x - max) / sum along rows of at least a vector. A unit is a row. */
final class VectorSoftmax implements Kernel {
  private final RowKernel subtract = column(BinaryFunction.SUB);
  private final RowKernel exp = RowKernel.of(UnaryFunction.EXP).orElseThrow();
  private final RowKernel multiply = column(BinaryFunction.MUL);

  private static RowKernel column(BinaryFunction function) {
    return RowKernel.of(function, RowKernel.Second.COLUMN).orElseThrow();
  }

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
          Lanes.set(lanes, RowFold.max(x, n, lanes));
          subtract.apply(x, 0, lanes, 0, y, 0, 1, n);
          exp.map(y, 0, y, 0, 1, n);
          Lanes.set(lanes, (float) (1 / RowFold.sum(y, n, lanes)));
          multiply.apply(y, 0, lanes, 0, y, 0, 1, n);
        }
      }
    };
  }
}
