package dev.tilewright.vector;

import static dev.tilewright.tensor.Memory.ALL;
import static dev.tilewright.vector.Lanes.MASK;
import static dev.tilewright.vector.Lanes.ORDER;
import static dev.tilewright.vector.Lanes.SPECIES;

import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.op.OpProblem;
import dev.tilewright.tensor.View;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import jdk.incubator.vector.FloatVector;

/**
 * Rows of at least a vector brought to mean 0 and variance 1, scaled and shifted by column. A unit
 * is a row; it is read three times, from L1.
 *
 * <p>What one pass finds waits in the workspace for the next, in every lane: a vector that lived
 * across two loops might be boxed.
 */
final class VectorLayerNorm implements Kernel {
  private final float epsilon;

  private VectorLayerNorm(float epsilon) {
    this.epsilon = epsilon;
  }

  static Optional<Kernel> of(OpProblem problem, float epsilon) {
    int columns = problem.out().getFirst().shape().last();
    return columns >= Lanes.LENGTH ? Optional.of(new VectorLayerNorm(epsilon)) : Optional.empty();
  }

  @Override
  public boolean acceptsStridedRows() {
    return true;
  }

  /** The mean, then 1 / deviation. */
  @Override
  public long workspaceBytes() {
    return 2L * Lanes.BYTES;
  }

  @Override
  public Task bind(Operands operands) {
    View src = operands.in().getFirst();
    View dst = operands.out().getFirst();
    long scale = operands.in().get(1).address();
    long shift = operands.in().get(2).address();
    int n = src.columns();
    long rest = rest(operands, n);
    return new UnitTask(src.rows(), 24L * n) {
      @Override
      void units(long from, long to, int worker) {
        long mean = operands.workspace(worker);
        for (long r = from; r < to; r++) {
          long x = src.address() + r * 4 * src.rowStride();
          long y = dst.address() + r * 4 * dst.rowStride();
          mean(x, n, rest, mean);
          deviation(x, n, rest, mean, epsilon);
          apply(x, y, n, mean, scale, shift);
        }
      }
    };
  }

  /** A one in each of the lanes of the last vector that the one before does not have. */
  private static long rest(Operands operands, int n) {
    MemorySegment ones = operands.arena().allocate(Lanes.BYTES, 64);
    int overlap = Lanes.cover(n) * Lanes.LENGTH - n;
    for (int i = 0; i < Lanes.LENGTH; i++) {
      Lanes.set(ones.address() + 4L * i, i < overlap ? 0 : 1);
    }
    return ones.address();
  }

  private static void mean(long x, int n, long rest, long to) {
    int pairs = (Lanes.cover(n) - 1) / 2;
    long last = x + 4L * (n - Lanes.LENGTH);
    FloatVector even = Lanes.load(last).mul(Lanes.load(rest));
    FloatVector odd = Lanes.broadcast(0);
    for (int i = 0; i < pairs; i++) {
      even = even.add(Lanes.load(x + 2L * i * Lanes.BYTES));
      odd = odd.add(Lanes.load(x + (2L * i + 1) * Lanes.BYTES));
    }
    if (Lanes.cover(n) % 2 == 0) {
      odd = odd.add(Lanes.load(x + 2L * pairs * Lanes.BYTES));
    }
    Lanes.store(Lanes.total(even.add(odd)).div(n), to);
  }

  private static void deviation(long x, int n, long rest, long mean, float epsilon) {
    int pairs = (Lanes.cover(n) - 1) / 2;
    FloatVector m = Lanes.load(mean);
    FloatVector e = Lanes.load(x + 4L * (n - Lanes.LENGTH)).sub(m).mul(Lanes.load(rest));
    FloatVector even = e.mul(e);
    FloatVector odd = Lanes.broadcast(0);
    for (int i = 0; i < pairs; i++) {
      FloatVector a = Lanes.load(x + 2L * i * Lanes.BYTES).sub(m);
      FloatVector b = Lanes.load(x + (2L * i + 1) * Lanes.BYTES).sub(m);
      even = even.add(a.mul(a));
      odd = odd.add(b.mul(b));
    }
    if (Lanes.cover(n) % 2 == 0) {
      FloatVector a = Lanes.load(x + 2L * pairs * Lanes.BYTES).sub(m);
      odd = odd.add(a.mul(a));
    }
    FloatVector variance = Lanes.total(even.add(odd)).div(n).add(epsilon);
    Lanes.store(Lanes.broadcast(1).div(variance.sqrt()), mean + Lanes.BYTES);
  }

  private static void apply(long x, long y, int n, long mean, long scale, long shift) {
    FloatVector m = Lanes.load(mean);
    FloatVector factor = Lanes.load(mean + Lanes.BYTES);
    int vectors = Lanes.cover(n);
    long last = 4L * (n - Lanes.LENGTH);
    for (int i = 0; i < vectors; i++) {
      long at = Math.min((long) i * Lanes.BYTES, last);
      FloatVector v = FloatVector.fromMemorySegment(SPECIES, ALL, (x + at) & MASK, ORDER);
      FloatVector s = FloatVector.fromMemorySegment(SPECIES, ALL, (scale + at) & MASK, ORDER);
      FloatVector b = FloatVector.fromMemorySegment(SPECIES, ALL, (shift + at) & MASK, ORDER);
      v.sub(m).mul(factor).mul(s).add(b).intoMemorySegment(ALL, (y + at) & MASK, ORDER);
    }
  }
}
