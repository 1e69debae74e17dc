package dev.tilewright.vector;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.tilewright.graph.Op;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.op.LinearTaps;
import dev.tilewright.tensor.Memory;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.View;
import java.lang.foreign.MemorySegment;

/**
 * NEAREST resizing of the last two dimensions, [N, C, H, W], value by value. A row that is the same
 * as the one before is a copy of it. A unit is a row of the output.
 */
final class NearestRows implements Kernel {
  private final LinearTaps rows;
  private final LinearTaps columns;

  NearestRows(Op.Resize op, Shape src) {
    int last = src.rank() - 1;
    rows = LinearTaps.of(op, last - 1, src.dim(last - 1));
    columns = LinearTaps.of(op, last, src.dim(last));
  }

  @Override
  public boolean acceptsStridedRows() {
    return true;
  }

  @Override
  public Task bind(Operands operands) {
    View src = operands.in().getFirst();
    View dst = operands.out().getFirst();
    int height = rows.outputs();
    long to = 4 * dst.rowStride();
    return new UnitTask(dst.rows(), 8L * columns.outputs()) {
      @Override
      void units(long from, long end, int worker) {
        long before = -1;
        for (long unit = from; unit < end; unit++) {
          long row = unit / height * rows.in() + rows.low((int) (unit % height));
          long d = dst.address() + unit * to;
          if (row == before) {
            MemorySegment.copy(Memory.ALL, d - to, Memory.ALL, d, 4L * columns.outputs());
          } else {
            pick(src.address() + 4 * row * src.rowStride(), d);
          }
          before = row;
        }
      }
    };
  }

  private void pick(long src, long dst) {
    for (int x = 0; x < columns.outputs(); x++) {
      Memory.ALL.set(JAVA_INT, dst + 4L * x, Memory.ALL.get(JAVA_INT, src + 4L * columns.low(x)));
    }
  }
}
