package dev.tilewright.vector;

import dev.tilewright.vector.ScalarCode.Count;
import dev.tilewright.vector.ScalarCode.Num;
import dev.tilewright.vector.ScalarCode.Scalar;
import dev.tilewright.vector.VectorCode.Vec;
import java.util.function.Consumer;

/**
 * Writes the loop of a micro-kernel: each step multiplies one factor of every row with a row of the
 * filter, sum[i][j] += factor[i] * filter[j].
 *
 * <p>With 32 registers any order of loads and multiply-adds fits them, if C2 does not unroll what
 * is too long for it. With 16 a tile of 6x2 leaves two for the factors, and C2 decides what waits
 * in them: it issues what is ready first, until it runs out of registers, and then spills sums,
 * each a store and a load that the next step waits for (39 instead of 94 % of the peak). So there
 *
 * <ul>
 *   <li>the address of the filter's row is ready when a step begins, for it is computed in the one
 *       before: the row is loaded first, so that a factor can be used up before the next is loaded;
 *   <li>short loops, which C2 would unroll to several steps at once (40 % instead of 70 to 95), are
 *       written so that it does not. 6x2 is the longest of them, which it unrolls only where it
 *       cuts loops into strips, as for G1.
 * </ul>
 */
final class ProductLoop {
  /** Where a step's operands are. */
  interface Operands {
    /** A factor of each row. */
    Scalar[] factors(Count step);

    /** Reads of tables that say where a step's operands lie. */
    default int tableReads() {
      return 0;
    }

    /** Address of the first step's row of the filter, masked. */
    Num firstRow();

    /**
     * Address of the row of the step after this one, masked. It may lie behind the last row; what
     * is read to find it may lie behind the end of a table.
     *
     * @param row address of this step's row
     */
    Num nextRow(Num row, Count step);

    /** Address of any step's row. */
    Num row(Count step);
  }

  private static final boolean TIGHT = Lanes.REGISTERS < 32;

  /**
   * Loads, broadcasts and multiply-adds of a step; fewer were seen to be unrolled. Loops of more
   * are left to C2, which then leaves them as they are: a tile of 10x1 written so that it cannot be
   * unrolled runs at 30 instead of 68 % of the peak.
   */
  private static final int FEWEST_LEFT_ALONE = 28;

  /**
   * Shorter ones gain by being unrolled, where registers are left for it: 2x4 of 32 takes 0.75 of
   * the time. 3x4 is longer, and reached 60 instead of 92 % where C2 unrolled it, for G1 (Zen 5).
   */
  private static final int FEWEST_ROLLED = TIGHT ? 0 : 20;

  private ProductLoop() {}

  static void emit(VectorCode code, Count depth, Vec[][] sums, Operands operands) {
    int rows = sums.length;
    int vectors = sums[0].length;
    Consumer<Count> step = TIGHT ? tight(code, sums, operands) : roomy(code, sums, operands);
    int size = 2 * rows + vectors + rows * vectors + operands.tableReads();
    if (size >= FEWEST_ROLLED && size < FEWEST_LEFT_ALONE) {
      code.rolled(depth, step);
    } else {
      code.loop(depth, step);
    }
    code.exact(sums);
  }

  private static Consumer<Count> roomy(VectorCode code, Vec[][] sums, Operands operands) {
    return k -> {
      code.exact(sums);
      Scalar[] a = operands.factors(k);
      Vec[] b = row(code, operands.row(k), sums[0].length);
      multiply(code, a, b, sums);
    };
  }

  private static Consumer<Count> tight(VectorCode code, Vec[][] sums, Operands operands) {
    Num row = operands.firstRow();
    return k -> {
      code.exact(sums);
      Vec[] b = row(code, row, sums[0].length);
      multiply(code, operands.factors(k), b, sums);
      code.assign(row, operands.nextRow(row, k));
    };
  }

  private static Vec[] row(VectorCode code, Num at, int vectors) {
    Vec[] b = new Vec[vectors];
    for (int j = 0; j < vectors; j++) {
      b[j] = code.load(at, (long) j * Lanes.BYTES);
    }
    return b;
  }

  private static void multiply(VectorCode code, Scalar[] a, Vec[] b, Vec[][] sums) {
    for (int i = 0; i < sums.length; i++) {
      Vec factor = code.broadcast(a[i]);
      for (int j = 0; j < b.length; j++) {
        code.fma(sums[i][j], factor, b[j]);
      }
    }
  }
}
