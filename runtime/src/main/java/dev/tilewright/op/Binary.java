package dev.tilewright.op;

import dev.tilewright.graph.Op.BinaryFunction;
import dev.tilewright.graph.ShapeException;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.View;

/**
 * A function of two tensors that broadcast. Floats are computed in double, which after rounding is
 * exactly the float32 result of the four basic operations; integers in 64 bits, keeping the low
 * bits of narrower types; a negative power is the truncated reciprocal. An integer division by zero
 * is a {@link ShapeException}: a run-time error that says what happened, as the model cannot mean
 * it.
 */
record Binary(BinaryFunction function) implements Kernel {
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
    View x = operands.in().get(0);
    View y = operands.in().get(1);
    View out = operands.out().getFirst();
    Shape all = out.shape();
    Nest nest = new Nest(all, out.strides(), x.strides(all), y.strides(all));
    return nest.task(run(nest, x.type().dtype()), out.address(), x.address(), y.address());
  }

  private Nest.Run run(Nest nest, DType dtype) {
    boolean floats = dtype == DType.FLOAT32;
    return switch (function) {
      case ADD, SUB, MUL, DIV, MOD, REMAINDER, POW, MIN, MAX, AND, OR ->
          floats ? floats(nest) : integers(nest, dtype);
      case EQUAL, LESS, GREATER -> floats ? compareFloats(nest) : compareIntegers(nest, dtype);
    };
  }

  /** What filters are folded with in loops of their own: a choice for every element is 2 ns. */
  private Nest.Run floats(Nest nest) {
    long to = nest.step(0);
    long xs = nest.step(1);
    long ys = nest.step(2);
    return switch (function) {
      case ADD ->
          (dst, a, b, d, count) -> {
            for (long i = 0; i < count; i++) {
              Elements.setFloat(
                  dst + i * to, Elements.getFloat(a + i * xs) + Elements.getFloat(b + i * ys));
            }
          };
      case MUL ->
          (dst, a, b, d, count) -> {
            for (long i = 0; i < count; i++) {
              Elements.setFloat(
                  dst + i * to, Elements.getFloat(a + i * xs) * Elements.getFloat(b + i * ys));
            }
          };
      case SUB, DIV, MOD, REMAINDER, POW, MIN, MAX, AND, OR, EQUAL, LESS, GREATER ->
          (dst, a, b, d, count) -> {
            for (long i = 0; i < count; i++) {
              double x = Elements.getFloat(a + i * xs);
              double y = Elements.getFloat(b + i * ys);
              Elements.setFloat(dst + i * to, apply(x, y));
            }
          };
    };
  }

  private Nest.Run integers(Nest nest, DType dtype) {
    return (dst, a, b, d, count) -> {
      for (long i = 0; i < count; i++) {
        long x = Elements.getLong(dtype, a + i * nest.step(1));
        long y = Elements.getLong(dtype, b + i * nest.step(2));
        Elements.setLong(dtype, dst + i * nest.step(0), apply(dtype, x, y));
      }
    };
  }

  private Nest.Run compareFloats(Nest nest) {
    return (dst, a, b, d, count) -> {
      for (long i = 0; i < count; i++) {
        double x = Elements.getFloat(a + i * nest.step(1));
        double y = Elements.getFloat(b + i * nest.step(2));
        Elements.setBool(dst + i * nest.step(0), holds(x < y, x == y, x > y));
      }
    };
  }

  private Nest.Run compareIntegers(Nest nest, DType dtype) {
    return (dst, a, b, d, count) -> {
      for (long i = 0; i < count; i++) {
        long x = Elements.ordered(dtype, Elements.getLong(dtype, a + i * nest.step(1)));
        long y = Elements.ordered(dtype, Elements.getLong(dtype, b + i * nest.step(2)));
        Elements.setBool(dst + i * nest.step(0), holds(x < y, x == y, x > y));
      }
    };
  }

  private boolean holds(boolean less, boolean equal, boolean greater) {
    return switch (function) {
      case LESS -> less;
      case EQUAL -> equal;
      case GREATER -> greater;
      case ADD, SUB, MUL, DIV, MOD, REMAINDER, POW, MIN, MAX, AND, OR ->
          throw new IllegalStateException(function + " is no comparison");
    };
  }

  private double apply(double x, double y) {
    return switch (function) {
      case ADD -> x + y;
      case SUB -> x - y;
      case MUL -> x * y;
      case DIV -> x / y;
      case MOD -> modulo(x, y);
      case REMAINDER -> x % y;
      case POW -> Math.pow(x, y);
      case MIN -> Math.min(x, y);
      case MAX -> Math.max(x, y);
      case EQUAL, LESS, GREATER, AND, OR ->
          throw new IllegalStateException(function + " gives no float");
    };
  }

  private long apply(DType dtype, long x, long y) {
    boolean bits = dtype == DType.UINT64;
    return switch (function) {
      case ADD -> x + y;
      case SUB -> x - y;
      case MUL -> x * y;
      case DIV -> bits ? Long.divideUnsigned(x, divisor(y)) : x / divisor(y);
      case MOD -> bits ? Long.remainderUnsigned(x, divisor(y)) : Math.floorMod(x, divisor(y));
      case REMAINDER -> bits ? Long.remainderUnsigned(x, divisor(y)) : x % divisor(y);
      case POW -> y < 0 && !bits ? (long) Math.pow((double) x, (double) y) : power(x, y);
      case MIN -> Elements.smaller(dtype, x, y);
      case MAX -> Elements.larger(dtype, x, y);
      case AND -> x & y;
      case OR -> x | y;
      case EQUAL, LESS, GREATER -> throw new IllegalStateException(function + " gives no integer");
    };
  }

  private static double modulo(double x, double y) {
    double rest = x % y;
    return rest != 0 && rest < 0 != y < 0 ? rest + y : rest;
  }

  private static long divisor(long y) {
    if (y == 0) {
      throw new ShapeException("integer division by zero");
    }
    return y;
  }

  /** By repeated squaring, of an exponent without sign. */
  private static long power(long x, long y) {
    long result = 1;
    long square = x;
    for (long bits = y; bits != 0; bits >>>= 1) {
      if ((bits & 1) != 0) {
        result *= square;
      }
      square *= square;
    }
    return result;
  }
}
