package dev.tilewright.op;

import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.tensor.Memory;
import dev.tilewright.tensor.View;
import java.lang.foreign.MemorySegment;

/** The same bytes elsewhere: Reshape where it cannot be a view. Dense tensors of any type. */
final class Copy implements Kernel {
  @Override
  public Task bind(Operands operands) {
    View from = operands.in().getFirst();
    View to = operands.out().getFirst();
    long bytes = to.type().bytes();
    return Task.serial(
        () -> MemorySegment.copy(Memory.ALL, from.address(), Memory.ALL, to.address(), bytes));
  }
}
