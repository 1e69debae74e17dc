package dev.tilewright.vector;

import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.tensor.View;

/**
 * A {@link RowMap} over a tensor: rows if one of the two is strided, else one long row.
 *
 * @param columns of the tensor: shorter rows than a vector cannot be strided
 * @param weight time per value in units of a plain copy
 */
record MapRows(RowMap map, int columns, int weight) implements Kernel {
  /**
   * Vectors a call. Many short calls are compiled sooner and better than few long ones: C2's code
   * for a loop entered in the middle takes longer to make and is worse.
   */
  static final int CALL = 128;

  @Override
  public boolean acceptsStridedRows() {
    return columns >= Lanes.LENGTH;
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
    return new UnitTask(vectors, 8L * Lanes.LENGTH * weight) {
      @Override
      void units(long from, long to, int worker) {
        for (long at = from; at < to; at += CALL) {
          long next = Math.min(at + CALL, to);
          long first = at * Lanes.LENGTH;
          long end = next == vectors ? elements : next * Lanes.LENGTH;
          map.map(src.address() + 4 * first, dst.address() + 4 * first, end - first);
        }
      }
    };
  }

  private Task rows(View src, View dst) {
    long lds = 4 * src.rowStride();
    long ldd = 4 * dst.rowStride();
    return new UnitTask(dst.rows(), 8L * columns * weight) {
      @Override
      void units(long from, long to, int worker) {
        for (long r = from; r < to; r++) {
          map.map(src.address() + r * lds, dst.address() + r * ldd, columns);
        }
      }
    };
  }
}
