package dev.tilewright.op;

import dev.tilewright.graph.Op;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.tensor.View;

/** Every steps-th element from a start, in each dimension. */
record Slice(Op.Slice op) implements Kernel {
  @Override
  public boolean acceptsStridedRows() {
    return true;
  }

  @Override
  public Task bind(Operands operands) {
    View x = operands.in().getFirst();
    long[] strides = x.strides();
    long from = x.address();
    for (int i = 0; i < strides.length; i++) {
      from += op.starts().get(i) * strides[i];
      strides[i] *= op.steps().get(i);
    }
    return Move.into(operands.out().getFirst(), from, strides);
  }
}
