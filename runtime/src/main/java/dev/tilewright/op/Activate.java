package dev.tilewright.op;

import dev.tilewright.conv.Activation;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.tensor.View;

/** An activation on every element of a float32 tensor, in double. */
record Activate(Activation activation) implements Kernel {
  @Override
  public boolean acceptsStridedRows() {
    return true;
  }

  @Override
  public boolean mayOverwrite(int input) {
    return true;
  }

  @Override
  public Task bind(Operands operands) {
    View x = operands.in().getFirst();
    View out = operands.out().getFirst();
    Nest nest = new Nest(out.shape(), out.strides(), x.strides());
    return nest.task(
        (dst, src, c, d, count) -> {
          for (long i = 0; i < count; i++) {
            double value = activation.apply(Elements.getFloat(src + i * nest.step(1)));
            Elements.setFloat(dst + i * nest.step(0), value);
          }
        },
        out.address(),
        x.address());
  }
}
