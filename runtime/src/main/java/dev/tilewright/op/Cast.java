package dev.tilewright.op;

import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.View;

/**
 * Another element type. Float to integer truncates and saturates, integer to a narrower integer
 * keeps the low bits, and BOOL is x != 0.
 */
final class Cast implements Kernel {
  @Override
  public boolean acceptsStridedRows() {
    return true;
  }

  @Override
  public Task bind(Operands operands) {
    View x = operands.in().getFirst();
    View out = operands.out().getFirst();
    if (x.type().dtype() == out.type().dtype()) {
      return Move.into(out, x.address(), x.strides());
    }
    Nest nest = new Nest(out.shape(), out.strides(), x.strides());
    DType from = x.type().dtype();
    DType to = out.type().dtype();
    return nest.task(
        (dst, src, c, d, count) -> {
          for (long i = 0; i < count; i++) {
            long address = src + i * nest.step(1);
            long result = dst + i * nest.step(0);
            if (from == DType.FLOAT32) {
              Elements.setLong(to, result, Elements.toLong(to, Elements.getFloat(address)));
            } else if (to == DType.FLOAT32) {
              long value = Elements.getLong(from, address);
              Elements.setFloat(result, Elements.toFloat(from, value));
            } else {
              Elements.setLong(to, result, Elements.getLong(from, address));
            }
          }
        },
        out.address(),
        x.address());
  }
}
