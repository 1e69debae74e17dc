package dev.tilewright.vector;

import dev.tilewright.graph.Op;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.op.OpProblem;
import dev.tilewright.op.RunTable;
import dev.tilewright.tensor.Memory;
import dev.tilewright.tensor.View;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import jdk.incubator.vector.FloatVector;

/** Runs of 4-byte elements put elsewhere. A unit is a copy of the {@link RunTable}. */
final class VectorRuns implements Kernel {
  /** A copy of this many bytes is worth a call of the JDK's. */
  private static final long LONG = 512;

  private final Op.Runs op;
  private final int[] runs;

  private VectorRuns(Op.Runs op, int[] runs) {
    this.op = op;
    this.runs = runs;
  }

  static Optional<Kernel> of(OpProblem problem, Op.Runs op) {
    if (problem.out().getFirst().dtype().bytes() != 4
        || problem.out().getFirst().shape().elements() == 0) {
      return Optional.empty();
    }
    return RunTable.known(problem, op).map(runs -> new VectorRuns(op, runs));
  }

  @Override
  public boolean acceptsStridedRows() {
    return true;
  }

  @Override
  public Task bind(Operands operands) {
    View src = operands.in().getFirst();
    View dst = operands.out().getFirst();
    RunTable table = RunTable.of(op, runs, src, dst);
    long[] numbers = table.numbers();
    return new UnitTask(table.copies(), 2 * table.meanBytes() + 16) {
      @Override
      void units(long from, long to, int worker) {
        for (int i = (int) from * RunTable.FIELDS; i < to * RunTable.FIELDS; i += RunTable.FIELDS) {
          long d = dst.address() + numbers[i];
          if (numbers[i + 1] == RunTable.ZEROS) {
            zero(d, numbers[i + 2]);
          } else {
            copy(d, src.address() + numbers[i + 1], numbers[i + 2]);
          }
        }
      }
    };
  }

  private static void copy(long dst, long src, long bytes) {
    if (bytes >= LONG) {
      MemorySegment.copy(Memory.ALL, src, Memory.ALL, dst, bytes);
    } else if (bytes >= Lanes.BYTES) {
      long end = bytes - Lanes.BYTES;
      for (long at = 0; at < end; at += Lanes.BYTES) {
        Lanes.store(Lanes.load(src + at), dst + at);
      }
      Lanes.store(Lanes.load(src + end), dst + end);
    } else {
      for (long at = 0; at < bytes; at += 4) {
        Lanes.set(dst + at, Lanes.get(src + at));
      }
    }
  }

  private static void zero(long dst, long bytes) {
    if (bytes >= Lanes.BYTES) {
      FloatVector zeros = Lanes.broadcast(0);
      long end = bytes - Lanes.BYTES;
      for (long at = 0; at < end; at += Lanes.BYTES) {
        Lanes.store(zeros, dst + at);
      }
      Lanes.store(zeros, dst + end);
    } else {
      for (long at = 0; at < bytes; at += 4) {
        Lanes.set(dst + at, 0);
      }
    }
  }
}
