package dev.tilewright.op;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Memory;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.View;
import java.lang.foreign.MemorySegment;

/** (x - zero point) * scale: an exact difference, rounded to float32, times a float32. */
final class Dequantize implements Kernel {
  private static final MemorySegment ALL = Memory.ALL;

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
    DType type = x.type().dtype();
    Nest nest = new Nest(all, out.strides(), x.strides(all), scale.strides(all), zero.strides(all));
    Nest.Run run =
        switch (nest.step(3) == 0 ? type : DType.INT64) {
          case UINT8, INT8 -> bytes(nest, type);
          case INT32 -> sums(nest);
          default -> any(nest, type);
        };
    return nest.task(run, out.address(), x.address(), scale.address(), zero.address());
  }

  private static Nest.Run any(Nest nest, DType type) {
    return (dst, src, scales, zeros, count) -> {
      for (long i = 0; i < count; i++) {
        float difference =
            Elements.getLong(type, src + i * nest.step(1))
                - Elements.getLong(type, zeros + i * nest.step(3));
        float factor = ALL.get(JAVA_FLOAT_UNALIGNED, scales + i * nest.step(2));
        ALL.set(JAVA_FLOAT_UNALIGNED, dst + i * nest.step(0), difference * factor);
      }
    };
  }

  /** Of one zero point; the type is looked at once. */
  private static Nest.Run bytes(Nest nest, DType type) {
    int mask = type == DType.UINT8 ? 0xff : -1;
    return (dst, src, scales, zeros, count) -> {
      int zero = ALL.get(JAVA_BYTE, zeros) & mask;
      for (long i = 0; i < count; i++) {
        float difference = (ALL.get(JAVA_BYTE, src + i * nest.step(1)) & mask) - zero;
        float factor = ALL.get(JAVA_FLOAT_UNALIGNED, scales + i * nest.step(2));
        ALL.set(JAVA_FLOAT_UNALIGNED, dst + i * nest.step(0), difference * factor);
      }
    };
  }

  /** Sums of products, of one zero point. */
  private static Nest.Run sums(Nest nest) {
    return (dst, src, scales, zeros, count) -> {
      long zero = ALL.get(JAVA_INT_UNALIGNED, zeros);
      for (long i = 0; i < count; i++) {
        float difference = ALL.get(JAVA_INT_UNALIGNED, src + i * nest.step(1)) - zero;
        float factor = ALL.get(JAVA_FLOAT_UNALIGNED, scales + i * nest.step(2));
        ALL.set(JAVA_FLOAT_UNALIGNED, dst + i * nest.step(0), difference * factor);
      }
    };
  }
}
