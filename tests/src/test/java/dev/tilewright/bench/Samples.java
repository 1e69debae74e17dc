package dev.tilewright.bench;

import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import java.util.stream.IntStream;

/** Tensors for operators to work on. */
final class Samples {
  static final Tensor IMAGE = floats(11, 2, 5, 7, 6);

  private Samples() {}

  static Tensor floats(long seed, Integer... dims) {
    Random random = new Random(seed);
    Shape shape = Shape.of(dims);
    float[] values = new float[(int) shape.elements()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return Tensor.of(shape, values);
  }

  interface FloatFunction {
    float apply(float value);
  }

  static Tensor map(Tensor tensor, FloatFunction function) {
    float[] values = tensor.toFloats();
    for (int i = 0; i < values.length; i++) {
      values[i] = function.apply(values[i]);
    }
    return Tensor.of(tensor.shape(), values);
  }

  static Tensor flags(Shape shape, long seed) {
    return integers(DType.BOOL, seed, 0, 2, shape.dims().toArray(Integer[]::new));
  }

  /** Uniform in [from, to). */
  static Tensor integers(DType dtype, long seed, int from, int to, Integer... dims) {
    Random random = new Random(seed);
    TensorType type = new TensorType(dtype, Shape.of(dims));
    MemorySegment data = MemorySegment.ofArray(new byte[(int) type.bytes()]);
    for (long i = 0; i < type.shape().elements(); i++) {
      long value = random.nextInt(from, to);
      switch (dtype.bytes()) {
        case 8 -> data.setAtIndex(ValueLayout.JAVA_LONG_UNALIGNED, i, value);
        case 4 -> data.setAtIndex(ValueLayout.JAVA_INT_UNALIGNED, i, (int) value);
        default -> data.set(ValueLayout.JAVA_BYTE, i, (byte) value);
      }
    }
    return new Tensor(type, data);
  }

  static Tensor one(float value) {
    return Tensor.of(Shape.SCALAR, value);
  }

  static Tensor scalar(long value) {
    return Tensor.of(Shape.SCALAR, value);
  }

  static Tensor longs(long... values) {
    return Tensor.of(Shape.of(values.length), values);
  }

  /** An input that is left out: give it an empty name. */
  static Tensor absent() {
    return Tensor.of(Shape.of(0), new float[0]);
  }

  /** 0, 1, 2... in another order. */
  static Tensor shuffled(long seed, int count) {
    int[] order = IntStream.range(0, count).toArray();
    Random random = new Random(seed);
    for (int i = count - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int swap = order[i];
      order[i] = order[j];
      order[j] = swap;
    }
    return longs(IntStream.of(order).asLongStream().toArray());
  }
}
