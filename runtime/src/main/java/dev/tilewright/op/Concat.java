package dev.tilewright.op;

import dev.tilewright.graph.Op;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.tensor.View;
import java.util.ArrayList;
import java.util.List;

/** Tensors one after the other along an axis: each is copied to its place. */
record Concat(Op.Concat op) implements Kernel {
  @Override
  public boolean acceptsStridedRows() {
    return true;
  }

  @Override
  public Task bind(Operands operands) {
    View out = operands.out().getFirst();
    long[] strides = out.strides();
    int bytes = out.type().dtype().bytes();
    long to = out.address();
    List<Task> moves = new ArrayList<>();
    for (View in : operands.in()) {
      moves.add(Move.task(in.shape(), bytes, to, strides, in.address(), in.strides()));
      to += in.shape().dim(op.axis()) * strides[op.axis()];
    }
    return Task.joined(moves);
  }
}
