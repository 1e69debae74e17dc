package dev.tilewright.vector;

import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import java.util.function.Function;

/**
 * A prepared convolution, of rows with any stride.
 *
 * @param workspaceBytes of each worker
 */
record ConvKernel(long workspaceBytes, Function<Operands, Task> binding) implements Kernel {
  @Override
  public Task bind(Operands operands) {
    return binding.apply(operands);
  }

  @Override
  public boolean acceptsStridedRows() {
    return true;
  }
}
