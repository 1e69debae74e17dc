package dev.tilewright.op;

import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.View;

/**
 * Picks parts of data by their coordinates. Data is seen as [batch, parts, block], indices as
 * [batch, rows, D], the result as [batch, rows, block].
 */
record GatherParts(int batch) implements Kernel {
  @Override
  public Task bind(Operands operands) {
    View data = operands.in().get(0);
    View indices = operands.in().get(1);
    View out = operands.out().getFirst();
    Shape shape = data.shape();
    int depth = indices.columns();
    int bytes = data.type().dtype().bytes();
    long block = shape.product(batch + depth, shape.rank());
    long parts = shape.product(batch, batch + depth);
    long rows = indices.shape().product(batch, indices.shape().rank() - 1);
    return Split.byCost(
        indices.rows(),
        block + depth,
        (from, to, worker) -> {
          for (long row = from; row < to; row++) {
            long coordinates = indices.address() + row * depth * Long.BYTES;
            long part = row / rows * parts + Positions.part(coordinates, depth, shape, batch);
            Elements.copy(
                bytes,
                out.address() + row * block * bytes,
                bytes,
                data.address() + part * block * bytes,
                bytes,
                block);
          }
        });
  }
}
