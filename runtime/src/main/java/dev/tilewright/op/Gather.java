package dev.tilewright.op;

import dev.tilewright.graph.Op;
import dev.tilewright.graph.ShapeException;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.View;

/**
 * Picks slices of data by number. Data is seen as [outer, size, block], the result as [outer,
 * indices, block]. An index outside [-size, size) is a {@link ShapeException}.
 */
record Gather(Op.Gather op) implements Kernel {
  @Override
  public Task bind(Operands operands) {
    View data = operands.in().get(0);
    View indices = operands.in().get(1);
    View out = operands.out().getFirst();
    Shape shape = data.shape();
    int size = shape.dim(op.axis());
    int bytes = data.type().dtype().bytes();
    long block = shape.product(op.axis() + 1, shape.rank());
    long count = indices.shape().elements();
    DType type = indices.type().dtype();
    return Split.byCost(
        shape.product(0, op.axis()) * count,
        block,
        (from, to, worker) -> {
          for (long i = from; i < to; i++) {
            long index = Elements.getLong(type, indices.address() + i % count * type.bytes());
            long row = i / count * size + Positions.inside(index, op.axis(), size);
            Elements.copy(
                bytes,
                out.address() + i * block * bytes,
                bytes,
                data.address() + row * block * bytes,
                bytes,
                block);
          }
        });
  }
}
