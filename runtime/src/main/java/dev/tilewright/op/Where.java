package dev.tilewright.op;

import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.View;

/** a where the condition holds, else b; any element type. */
final class Where implements Kernel {
  @Override
  public boolean acceptsStridedRows() {
    return true;
  }

  @Override
  public Task bind(Operands operands) {
    View out = operands.out().getFirst();
    View condition = operands.in().get(0);
    View yes = operands.in().get(1);
    View no = operands.in().get(2);
    Shape all = out.shape();
    int bytes = out.type().dtype().bytes();
    Nest nest =
        new Nest(all, out.strides(), condition.strides(all), yes.strides(all), no.strides(all));
    return nest.task(
        (to, test, a, b, count) -> {
          for (long i = 0; i < count; i++) {
            long from =
                Elements.getBool(test + i * nest.step(1))
                    ? a + i * nest.step(2)
                    : b + i * nest.step(3);
            Elements.copyOne(bytes, to + i * nest.step(0), from);
          }
        },
        out.address(),
        condition.address(),
        yes.address(),
        no.address());
  }
}
