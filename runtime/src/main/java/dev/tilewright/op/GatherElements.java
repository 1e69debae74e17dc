package dev.tilewright.op;

import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.View;

/** Picks an element of data along one axis for every index. */
record GatherElements(int axis) implements Kernel {
  @Override
  public Task bind(Operands operands) {
    View data = operands.in().get(0);
    View indices = operands.in().get(1);
    View out = operands.out().getFirst();
    DType type = indices.type().dtype();
    int bytes = data.type().dtype().bytes();
    int size = data.shape().dim(axis);
    long[] others = data.strides();
    long stride = others[axis];
    others[axis] = 0;
    Nest nest = new Nest(out.shape(), out.strides(), indices.strides(), others);
    return nest.task(
        (to, at, from, _, count) -> {
          for (long i = 0; i < count; i++) {
            long index = Elements.getLong(type, at + i * nest.step(1));
            long element = from + i * nest.step(2) + Positions.inside(index, axis, size) * stride;
            Elements.copyOne(bytes, to + i * nest.step(0), element);
          }
        },
        out.address(),
        indices.address(),
        data.address());
  }
}
