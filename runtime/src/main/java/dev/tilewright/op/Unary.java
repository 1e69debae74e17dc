package dev.tilewright.op;

import dev.tilewright.conv.Erf;
import dev.tilewright.graph.Op.UnaryFunction;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.View;

/**
 * A function of every element: floats in double, ABS, NEG and SIGN also of integers, NOT of BOOL.
 */
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
            long value = apply(dtype, Elements.getLong(dtype, src + i * nest.step(1)));
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
      case SIGN -> Math.signum(x);
      case SIN -> Math.sin(x);
      case COS -> Math.cos(x);
      case TAN -> Math.tan(x);
      case ASIN -> Math.asin(x);
      case ACOS -> Math.acos(x);
      case ATAN -> Math.atan(x);
      case SINH -> Math.sinh(x);
      case COSH -> Math.cosh(x);
      case ASINH -> asinh(x);
      case ACOSH -> Math.log(x + Math.sqrt((x - 1) * (x + 1)));
      case ATANH -> 0.5 * Math.log1p(2 * x / (1 - x));
      case HALF -> Float.float16ToFloat(Float.floatToFloat16((float) x));
      case BFLOAT16 -> bfloat16((float) x);
      case NOT -> throw new IllegalStateException("NOT of floats");
    };
  }

  /** By log1p: near 0 the logarithm of about 1 would lose what matters. */
  private static double asinh(double x) {
    return Double.isInfinite(x)
        ? x
        : Math.copySign(Math.log1p(Math.abs(x) + x * x / (1 + Math.sqrt(x * x + 1))), x);
  }

  /** Rounds the upper half of the bits by adding just below half of its last place to the lower. */
  private static float bfloat16(float x) {
    int bits = Float.floatToRawIntBits(x);
    return Float.isNaN(x)
        ? x
        : Float.intBitsToFloat((bits + 0x7fff + (bits >>> 16 & 1)) & 0xffff_0000);
  }

  private long apply(DType dtype, long x) {
    boolean negative = x < 0 && dtype != DType.UINT64;
    return switch (function) {
      case ABS -> negative ? -x : x; // the most negative value stays, as in numpy
      case NEG -> -x;
      case SIGN -> negative ? -1 : x == 0 ? 0 : 1;
      case NOT -> x == 0 ? 1 : 0;
      default -> throw new IllegalStateException(function + " of integers");
    };
  }
}
