package dev.tilewright.vector;

import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.tensor.View;

/**
 * A function of one value over a tensor: rows if one of the two is strided, else one long row.
 *
 * @param columns of the tensor: shorter rows than a vector cannot be strided
 */
record MapRows(RowKernel function, int columns) implements Kernel {
  @Override
  public boolean acceptsStridedRows() {
    return columns >= Lanes.LENGTH;
  }

  @Override
  public boolean mayOverwrite(int input) {
    return true;
  }

  @Override
  public Task bind(Operands operands) {
    View src = operands.in().getFirst();
    View dst = operands.out().getFirst();
    return src.isDense() && dst.isDense() ? flat(src, dst) : rows(src, dst);
  }

  /** A unit is a whole vector; the last one takes the rest of the tensor along. */
  private Task flat(View src, View dst) {
    long elements = dst.shape().elements();
    long vectors = elements / Lanes.LENGTH;
    return new UnitTask(vectors, 8L * Lanes.LENGTH) {
      @Override
      void units(long from, long to, int worker) {
        long first = from * Lanes.LENGTH;
        long end = to == vectors ? elements : to * Lanes.LENGTH;
        long d = dst.address() + 4 * first;
        function.map(src.address() + 4 * first, 0, d, 0, 1, end - first);
      }
    };
  }

  private Task rows(View src, View dst) {
    long lds = 4 * src.rowStride();
    long ldd = 4 * dst.rowStride();
    return new UnitTask(dst.rows(), 8L * columns) {
      @Override
      void units(long from, long to, int worker) {
        long d = dst.address() + from * ldd;
        function.map(src.address() + from * lds, lds, d, ldd, to - from, columns);
      }
    };
  }
}
