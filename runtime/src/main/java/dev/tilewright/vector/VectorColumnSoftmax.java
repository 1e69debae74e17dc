package dev.tilewright.vector;

import dev.tilewright.graph.Op.BinaryFunction;
import dev.tilewright.graph.Op.UnaryFunction;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.op.AxisGeometry;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.View;
import dev.tilewright.vector.RowKernel.Second;
import java.util.Optional;

/**
 * exp(x - max) / sum down columns: [outer, along, inner], inner being at least a vector. A unit is
 * two vectors of columns, the last one of an outer whatever is left, up to four.
 *
 * <p>Sums are made of blocks of {@value #BLOCK} rows, so that the error grows with n / BLOCK +
 * BLOCK and not with n.
 */
final class VectorColumnSoftmax implements Kernel {
  private static final int BLOCK = 64;
  private static final int COLUMNS = 2 * Lanes.LENGTH;

  /** Maxima, sums, sums of a block, zeros. */
  private static final int ROWS = 4;

  private static final long ROW_BYTES = 2 * 4L * COLUMNS;

  private final RowKernel exp = RowKernel.expOfDifference(Second.VECTORS);
  private final RowKernel max = vectors(BinaryFunction.MAX);
  private final RowKernel add = vectors(BinaryFunction.ADD);
  private final RowKernel multiply = vectors(BinaryFunction.MUL);
  private final RowKernel reciprocal = RowKernel.of(UnaryFunction.RECIPROCAL).orElseThrow();
  private final AxisGeometry g;

  private VectorColumnSoftmax(AxisGeometry g) {
    this.g = g;
  }

  static Optional<Kernel> of(Shape shape, int axis) {
    return shape.elements() > 0 && shape.product(axis + 1, shape.rank()) >= Lanes.LENGTH
        ? Optional.of(new VectorColumnSoftmax(AxisGeometry.of(shape, axis)))
        : Optional.empty();
  }

  private static RowKernel vectors(BinaryFunction function) {
    return RowKernel.of(function, Second.VECTORS).orElseThrow();
  }

  @Override
  public boolean acceptsStridedRows() {
    return g.innerIsRow();
  }

  @Override
  public boolean mayOverwrite(int input) {
    return true;
  }

  @Override
  public long workspaceBytes() {
    return ROWS * ROW_BYTES;
  }

  @Override
  public Task bind(Operands operands) {
    View src = operands.in().getFirst();
    View dst = operands.out().getFirst();
    long lds = g.step(src);
    long ldd = g.step(dst);
    long blocks = Math.max(1, g.inner() / COLUMNS);
    // The exponential takes about as long as moving a value three times.
    return new UnitTask(g.outer() * blocks, 32 * g.along() * COLUMNS) {
      @Override
      void units(long from, long to, int worker) {
        long rows = operands.workspace(worker);
        for (long unit = from; unit < to; unit++) {
          long first = unit % blocks * COLUMNS;
          boolean last = unit % blocks == blocks - 1;
          long outer = unit / blocks * g.along();
          columns(
              src.address() + outer * lds + 4 * first,
              lds,
              dst.address() + outer * ldd + 4 * first,
              ldd,
              last ? g.inner() - first : COLUMNS,
              rows);
        }
      }
    };
  }

  private void columns(long x, long lds, long y, long ldd, long n, long rows) {
    long maxima = rows;
    long sums = rows + ROW_BYTES;
    long block = rows + 2 * ROW_BYTES;
    long zeros = rows + 3 * ROW_BYTES;
    for (long i = 0; i < n; i++) {
      Lanes.set(zeros + 4 * i, 0);
    }
    add.apply(x, 0, zeros, 0, maxima, 0, 1, n);
    max.apply(maxima, 0, x, lds, maxima, 0, g.along(), n);
    exp.apply(x, lds, maxima, 0, y, ldd, g.along(), n);
    add.apply(zeros, 0, zeros, 0, sums, 0, 1, n);
    for (long first = 0; first < g.along(); first += BLOCK) {
      add.apply(zeros, 0, zeros, 0, block, 0, 1, n);
      long of = Math.min(BLOCK, g.along() - first);
      add.apply(block, 0, y + first * ldd, ldd, block, 0, of, n);
      add.apply(sums, 0, block, 0, sums, 0, 1, n);
    }
    reciprocal.map(sums, 0, sums, 0, 1, n);
    multiply.apply(y, ldd, sums, 0, y, ldd, g.along(), n);
  }
}
