package dev.tilewright.vector;

import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.ReduceKind;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.op.AxisGeometry;
import dev.tilewright.op.OpProblem;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.View;
import java.util.Optional;
import jdk.incubator.vector.FloatVector;

/**
 * SUM, MEAN and MAX over neighbouring axes: [outer, reduced, inner] to [outer, inner], as a global
 * average pool does, or [outer, reduced] to [outer].
 *
 * <p>Sums are made of blocks of {@value #BLOCK} rows, so that the error grows with n / BLOCK +
 * BLOCK and not with n; the order of the additions is fixed, so results are equal from run to run.
 */
final class VectorReduce implements Kernel {
  private static final int BLOCK = 64;

  private final ReduceKind kind;
  private final AxisGeometry g;

  private VectorReduce(ReduceKind kind, AxisGeometry g) {
    this.kind = kind;
    this.g = g;
  }

  static Optional<Kernel> of(OpProblem problem, Op.Reduce reduce) {
    boolean known =
        switch (reduce.kind()) {
          case SUM, MEAN, MAX -> problem.in().getFirst().dtype() == DType.FLOAT32;
          case MIN, PROD -> false;
        };
    if (!known) {
      return Optional.empty();
    }
    return AxisGeometry.of(problem.in().getFirst().shape(), reduce.axes())
        .filter(g -> (g.inner() == 1 ? g.along() : g.inner()) >= Lanes.LENGTH)
        .map(g -> new VectorReduce(reduce.kind(), g));
  }

  /** Two vectors of sums. */
  @Override
  public long workspaceBytes() {
    return 2L * Lanes.BYTES;
  }

  @Override
  public boolean acceptsStridedRows() {
    return g.innerIsRow();
  }

  @Override
  public Task bind(Operands operands) {
    View src = operands.in().getFirst();
    View dst = operands.out().getFirst();
    return g.inner() == 1 ? rows(operands, src, dst) : columns(operands, src, dst);
  }

  /** A unit is two vectors of a result. */
  private Task columns(Operands operands, View src, View dst) {
    int vectors = Lanes.cover(g.inner());
    int pairs = (vectors + 1) / 2;
    long end = 4 * (g.inner() - Lanes.LENGTH);
    long reduced = g.along();
    long step = g.step(src);
    long ldd = g.step(dst);
    return new UnitTask(g.outer() * pairs, reduced * 2 * Lanes.BYTES) {
      @Override
      void units(long from, long to, int worker) {
        long sums = operands.workspace(worker);
        for (long unit = from; unit < to; unit++) {
          long p = Math.min(unit % pairs * 2 * Lanes.BYTES, end);
          long q = Math.min(p + Lanes.BYTES, end);
          long a = src.address() + unit / pairs * reduced * step;
          long d = dst.address() + unit / pairs * ldd;
          for (long block = 0; block < reduced; block += BLOCK) {
            int rows = (int) Math.min(BLOCK, reduced - block);
            long at = a + block * step;
            if (kind == ReduceKind.MAX) {
              maxRows(at + p, at + q, step, rows, sums, block > 0);
            } else {
              addRows(at + p, at + q, step, rows, sums, block > 0);
            }
          }
          float divisor = kind == ReduceKind.MEAN ? reduced : 1;
          Lanes.store(Lanes.load(sums).div(divisor), d + p);
          Lanes.store(Lanes.load(sums + Lanes.BYTES).div(divisor), d + q);
        }
      }
    };
  }

  private static void addRows(long a, long b, long step, int rows, long sums, boolean more) {
    FloatVector x = Lanes.broadcast(0);
    FloatVector y = Lanes.broadcast(0);
    for (int r = 0; r < rows; r++) {
      x = x.add(Lanes.load(a + r * step));
      y = y.add(Lanes.load(b + r * step));
    }
    if (more) {
      x = x.add(Lanes.load(sums));
      y = y.add(Lanes.load(sums + Lanes.BYTES));
    }
    Lanes.store(x, sums);
    Lanes.store(y, sums + Lanes.BYTES);
  }

  private static void maxRows(long a, long b, long step, int rows, long sums, boolean more) {
    FloatVector x = Lanes.load(more ? sums : a);
    FloatVector y = Lanes.load(more ? sums + Lanes.BYTES : b);
    for (int r = 0; r < rows; r++) {
      x = x.max(Lanes.load(a + r * step));
      y = y.max(Lanes.load(b + r * step));
    }
    Lanes.store(x, sums);
    Lanes.store(y, sums + Lanes.BYTES);
  }

  /** A unit is a row: its result is one value. */
  private Task rows(Operands operands, View src, View dst) {
    long reduced = g.along();
    return new UnitTask(g.outer(), 4 * reduced) {
      @Override
      void units(long from, long to, int worker) {
        long lanes = operands.workspace(worker);
        for (long unit = from; unit < to; unit++) {
          long row = src.address() + 4 * unit * reduced;
          double result =
              switch (kind) {
                case MAX -> RowFold.max(row, reduced, lanes);
                case MEAN -> RowFold.sum(row, reduced, lanes) / reduced;
                default -> RowFold.sum(row, reduced, lanes);
              };
          Lanes.set(dst.address() + 4 * unit, (float) result);
        }
      }
    };
  }
}
