package dev.tilewright.op;

import dev.tilewright.conv.Erf;
import dev.tilewright.graph.Op.UnaryFunction;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.View;

/** A function of every element: floats in double, ABS and NEG also of integers, NOT of BOOL. */
record Unary(UnaryFunction function) implements Kernel {
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
    DType dtype = x.type().dtype();
    Nest.Run floats =
        (dst, src, c, d, count) -> {
          for (long i = 0; i < count; i++) {
            double value = apply(Elements.getFloat(src + i * nest.step(1)));
            Elements.setFloat(dst + i * nest.step(0), value);
          }
        };
    Nest.Run integers =
        (dst, src, c, d, count) -> {
          for (long i = 0; i < count; i++) {
            long value = apply(Elements.getLong(dtype, src + i * nest.step(1)));
            Elements.setLong(dtype, dst + i * nest.step(0), value);
          }
        };
    return nest.task(dtype == DType.FLOAT32 ? floats : integers, out.address(), x.address());
  }

  private double apply(double x) {
    return switch (function) {
      case SQRT -> Math.sqrt(x);
      case EXP -> Math.exp(x);
      case LOG -> Math.log(x);
      case ERF -> Erf.erf(x);
      case ABS -> Math.abs(x);
      case NEG -> -x;
      case FLOOR -> Math.floor(x);
      case CEIL -> Math.ceil(x);
      case ROUND -> Math.rint(x); // half to even
      case RECIPROCAL -> 1 / x;
      case NOT -> throw new IllegalStateException("NOT of floats");
    };
  }

  private long apply(long x) {
    return switch (function) {
      case ABS -> x < 0 ? -x : x; // the most negative value stays, as in numpy
      case NEG -> -x;
      case NOT -> x == 0 ? 1 : 0;
      case SQRT, EXP, LOG, ERF, FLOOR, CEIL, ROUND, RECIPROCAL ->
          throw new IllegalStateException(function + " of integers");
    };
  }
}
