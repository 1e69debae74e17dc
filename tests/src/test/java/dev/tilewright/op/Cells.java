package dev.tilewright.op;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;

/** Tensors made and read cell by cell, by coordinates: slow, and independent of the kernels. */
final class Cells {
  private Cells() {}

  static void forEach(Shape shape, Consumer<int[]> visit) {
    int[] at = new int[shape.rank()];
    for (long i = 0; i < shape.elements(); i++) {
      long rest = i;
      for (int d = shape.rank() - 1; d >= 0; d--) {
        at[d] = (int) (rest % shape.dim(d));
        rest /= shape.dim(d);
      }
      visit.accept(at.clone());
    }
  }

  private static long index(Shape shape, int... at) {
    assertThat(at).hasSize(shape.rank());
    long index = 0;
    for (int d = 0; d < at.length; d++) {
      assertThat(at[d]).isBetween(0, shape.dim(d) - 1);
      index = index * shape.dim(d) + at[d];
    }
    return index;
  }

  static double get(Tensor t, int... at) {
    long i = index(t.shape(), at);
    MemorySegment data = t.data();
    return switch (t.dtype()) {
      case FLOAT32 -> data.getAtIndex(JAVA_FLOAT_UNALIGNED, i);
      case INT64 -> (double) data.getAtIndex(JAVA_LONG_UNALIGNED, i);
      case INT32 -> data.getAtIndex(JAVA_INT_UNALIGNED, i);
      case INT8, BOOL -> data.get(JAVA_BYTE, i);
      case UINT8 -> data.get(JAVA_BYTE, i) & 0xff;
      case INT16 -> data.getAtIndex(JAVA_SHORT_UNALIGNED, i);
      case UINT16 -> data.getAtIndex(JAVA_SHORT_UNALIGNED, i) & 0xffff;
      case UINT32 -> data.getAtIndex(JAVA_INT_UNALIGNED, i) & 0xffff_ffffL;
      case UINT64 ->
          new BigInteger(Long.toUnsignedString(data.getAtIndex(JAVA_LONG_UNALIGNED, i)))
              .doubleValue();
    };
  }

  /** The value of x that meets this place of a tensor it broadcasts to. */
  static double broadcast(Tensor x, int... at) {
    int rank = x.shape().rank();
    int[] own = new int[rank];
    for (int d = 0; d < rank; d++) {
      own[d] = x.shape().dim(d) == 1 ? 0 : at[at.length - rank + d];
    }
    return get(x, own);
  }

  static Tensor of(DType dtype, Shape shape, ToDoubleFunction<int[]> value) {
    TensorType type = new TensorType(dtype, shape);
    MemorySegment data = MemorySegment.ofArray(new byte[Math.toIntExact(type.bytes())]);
    forEach(
        shape,
        at -> {
          long i = index(shape, at);
          double v = value.applyAsDouble(at);
          switch (dtype) {
            case FLOAT32 -> data.setAtIndex(JAVA_FLOAT_UNALIGNED, i, (float) v);
            case INT64 -> data.setAtIndex(JAVA_LONG_UNALIGNED, i, (long) v);
            case UINT64 ->
                data.setAtIndex(
                    JAVA_LONG_UNALIGNED, i, new BigDecimal(v).toBigInteger().longValue());
            case INT32, UINT32 -> data.setAtIndex(JAVA_INT_UNALIGNED, i, (int) (long) v);
            case INT16, UINT16 -> data.setAtIndex(JAVA_SHORT_UNALIGNED, i, (short) (int) v);
            case INT8, UINT8, BOOL -> data.set(JAVA_BYTE, i, (byte) (int) v);
          }
        });
    return new Tensor(type, data);
  }

  static Tensor floats(Shape shape, ToDoubleFunction<int[]> value) {
    return of(DType.FLOAT32, shape, value);
  }

  /** A tensor of rank 1 (or 0, of one value). */
  static Tensor list(DType dtype, double... values) {
    return of(dtype, Shape.of(values.length), at -> values[at[0]]);
  }

  static Tensor random(Random random, Shape shape) {
    return floats(shape, at -> random.nextGaussian());
  }

  /** Small integers that every type holds (0 or 1 for BOOL). */
  static Tensor random(Random random, DType dtype, Shape shape) {
    return of(dtype, shape, at -> random.nextInt(dtype == DType.BOOL ? 2 : 100));
  }

  /** Equal as computed in double and rounded once; NaN equals NaN. */
  static void assertCells(Tensor actual, ToDoubleFunction<int[]> expected) {
    forEach(
        actual.shape(),
        at -> {
          double e = expected.applyAsDouble(at);
          double a = get(actual, at);
          double tolerance = actual.dtype() == DType.FLOAT32 ? Math.ulp((float) e) + 1e-12 : 0;
          assertThat(a == e || Math.abs(a - e) <= tolerance || (Double.isNaN(a) && Double.isNaN(e)))
              .as("%s at %s: %s, expected %s", actual.type(), java.util.Arrays.toString(at), a, e)
              .isTrue();
        });
  }
}
