package dev.tilewright.op;

import dev.tilewright.graph.ShapeException;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.View;

/**
 * Copies data and then replaces parts of it, one after the other. Data is seen as [parts, block].
 * One part of work only: a place may be written more than once, and the last value counts. An index
 * outside the tensor is a {@link ShapeException}.
 */
record Scatter() implements Kernel {
  @Override
  public Task bind(Operands operands) {
    View data = operands.in().get(0);
    View indices = operands.in().get(1);
    View updates = operands.in().get(2);
    View out = operands.out().getFirst();
    Shape shape = data.shape();
    int depth = indices.columns();
    long bytes = data.type().dtype().bytes();
    long block = shape.product(depth, shape.rank()) * bytes;
    return new Split(
        1,
        1,
        (from, to, worker) -> {
          Elements.copy(1, out.address(), 1, data.address(), 1, shape.elements() * bytes);
          for (long row = 0; row < indices.rows(); row++) {
            long part = 0;
            for (int i = 0; i < depth; i++) {
              long address = indices.address() + (row * depth + i) * Long.BYTES;
              part = part * shape.dim(i) + inside(Elements.getLong(DType.INT64, address), shape, i);
            }
            long update = updates.address() + row * block;
            Elements.copy(1, out.address() + part * block, 1, update, 1, block);
          }
        });
  }

  private static long inside(long index, Shape shape, int axis) {
    int size = shape.dim(axis);
    long positive = index < 0 ? index + size : index;
    if (positive < 0 || positive >= size) {
      throw new ShapeException(
          "index " + index + " is outside axis " + axis + " of " + size + " elements");
    }
    return positive;
  }
}
