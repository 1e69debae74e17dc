package dev.tilewright.op;

import dev.tilewright.graph.Op;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Memory;
import dev.tilewright.tensor.View;

/** Runs of elements put elsewhere, one by one. */
record Runs(Op.Runs op) implements Kernel {
  private static final long ZEROS = -1;

  @Override
  public Task bind(Operands operands) {
    View x = operands.in().get(0);
    View runs = operands.in().get(1);
    View out = operands.out().getFirst();
    int bytes = x.type().dtype().bytes();
    long size = (long) op.length() * bytes;
    int count = Math.toIntExact(x.shape().elements() / op.length());
    return Split.byCost(
        runs.shape().elements(),
        op.length(),
        (from, to, worker) -> {
          for (long i = from; i < to; i++) {
            long run = Elements.getLong(DType.INT64, runs.address() + i * Long.BYTES);
            long dst = out.address() + i * size;
            if (run == ZEROS) {
              Memory.ALL.asSlice(dst, size).fill((byte) 0);
            } else {
              long src = x.address() + Positions.inside(run, 0, count) * size;
              Elements.copy(bytes, dst, bytes, src, bytes, op.length());
            }
          }
        });
  }
}
