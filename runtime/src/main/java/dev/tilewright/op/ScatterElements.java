package dev.tilewright.op;

import dev.tilewright.graph.Op.ScatterReduction;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.View;

/**
 * Copies data and then replaces elements of it, one after the other. One part of work only: a place
 * may be written more than once, in the order of the updates.
 */
record ScatterElements(int axis, ScatterReduction reduction) implements Kernel {
  @Override
  public Task bind(Operands operands) {
    View data = operands.in().get(0);
    View indices = operands.in().get(1);
    View updates = operands.in().get(2);
    View out = operands.out().getFirst();
    DType type = indices.type().dtype();
    DType dtype = data.type().dtype();
    int size = data.shape().dim(axis);
    long[] others = out.strides();
    long stride = others[axis];
    others[axis] = 0;
    Nest nest = new Nest(indices.shape(), others, indices.strides(), updates.strides());
    Nest.Run run =
        (to, at, from, _, count) -> {
          for (long i = 0; i < count; i++) {
            long index = Elements.getLong(type, at + i * nest.step(1));
            long place = to + i * nest.step(0) + Positions.inside(index, axis, size) * stride;
            Scatter.merge(reduction, dtype, place, 0, from + i * nest.step(2), 0, 1);
          }
        };
    return new Split(
        1,
        1,
        (from, to, worker) -> {
          Elements.copy(1, out.address(), 1, data.address(), 1, data.type().bytes());
          nest.walk(
              0, nest.elements(), run, out.address(), indices.address(), updates.address(), 0);
        });
  }
}
