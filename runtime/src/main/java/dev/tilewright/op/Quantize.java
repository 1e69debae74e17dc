package dev.tilewright.op;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Memory;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.View;
import java.lang.foreign.MemorySegment;

/**
 * saturate(round(x / scale) + zero point), half to even. The quotient is rounded to float32 first,
 * as the model format and its other runtimes have it. NaN is taken for 0.
 */
final class Quantize implements Kernel {
  private static final MemorySegment ALL = Memory.ALL;

  private final DType to;
  private final int least;
  private final int most;
  private final boolean bytes;

  Quantize(DType to) {
    this.to = to;
    least = (int) Elements.least(to);
    most = (int) Elements.most(to);
    bytes = to.bytes() == 1;
  }

  @Override
  public boolean acceptsStridedRows() {
    return true;
  }

  @Override
  public Task bind(Operands operands) {
    View x = operands.in().get(0);
    View scale = operands.in().get(1);
    View zero = operands.in().get(2);
    View out = operands.out().getFirst();
    Shape all = out.shape();
    Nest nest = new Nest(all, out.strides(), x.strides(all), scale.strides(all), zero.strides(all));
    boolean uniform = nest.step(2) == 0 && nest.step(3) == 0;
    return nest.task(
        (dst, src, scales, zeros, count) -> {
          if (uniform) {
            run(nest, dst, src, scales, zeros, count);
          } else {
            for (long i = 0; i < count; i++) {
              run(
                  nest,
                  dst + i * nest.step(0),
                  src + i * nest.step(1),
                  scales + i * nest.step(2),
                  zeros + i * nest.step(3),
                  1);
            }
          }
        },
        out.address(),
        x.address(),
        scale.address(),
        zero.address());
  }

  /** Values of one scale and zero point. */
  private void run(Nest nest, long dst, long src, long scales, long zeros, long count) {
    float scale = ALL.get(JAVA_FLOAT_UNALIGNED, scales);
    int zero = (int) Elements.getLong(to, zeros);
    int low = least - zero;
    int high = most - zero;
    long dstStep = nest.step(0);
    long srcStep = nest.step(1);
    for (long i = 0; i < count; i++) {
      float quotient = ALL.get(JAVA_FLOAT_UNALIGNED, src + i * srcStep) / scale;
      int value = Math.clamp((int) Math.rint(quotient), low, high) + zero;
      if (bytes) {
        ALL.set(JAVA_BYTE, dst + i * dstStep, (byte) value);
      } else {
        ALL.set(JAVA_SHORT_UNALIGNED, dst + i * dstStep, (short) value);
      }
    }
  }
}
