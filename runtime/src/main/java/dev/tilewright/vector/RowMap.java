package dev.tilewright.vector;

import dev.tilewright.conv.Activation;
import dev.tilewright.graph.Op.UnaryFunction;
import dev.tilewright.tensor.Memory;
import java.util.Optional;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * A function of one value over n >= {@link Lanes#LENGTH} adjacent floats.
 *
 * <p>Each function is its own loop: one loop that called a function object would box its vectors as
 * soon as a second function has been seen.
 */
@FunctionalInterface
interface RowMap {
  /**
   * Maps n adjacent floats.
   *
   * @param src address of the first float
   * @param dst address of the first result
   */
  void map(long src, long dst, long n);

  static RowMap of(Activation activation) {
    return switch (activation) {
      case Activation.None() -> RowMap::copy;
      case Activation.Clip(float low, float high) -> (src, dst, n) -> clip(src, dst, n, low, high);
      case Activation.LeakyRelu(float slope) -> (src, dst, n) -> leaky(src, dst, n, slope);
      case Activation.Sigmoid() -> RowMap::sigmoid;
      case Activation.HardSigmoid(float alpha, float beta) ->
          (src, dst, n) -> hardSigmoid(src, dst, n, alpha, beta);
      case Activation.Silu() -> RowMap::silu;
      case Activation.HardSwish() -> RowMap::hardSwish;
      case Activation.Gelu() -> RowMap::gelu;
      case Activation.Tanh() -> RowMap::tanh;
    };
  }

  /** The loop of a function, if it has one here. */
  static Optional<RowMap> of(UnaryFunction function) {
    return switch (function) {
      case SQRT -> Optional.of(RowMap::sqrt);
      case EXP -> Optional.of(RowMap::exp);
      case ERF -> Optional.of(RowMap::erf);
      case ABS -> Optional.of(RowMap::abs);
      case NEG -> Optional.of(RowMap::neg);
      case RECIPROCAL -> Optional.of(RowMap::reciprocal);
      case LOG, FLOOR, CEIL, ROUND, NOT -> Optional.empty();
    };
  }

  private static void copy(long src, long dst, long n) {
    long end = (n - Lanes.LENGTH) * 4;
    int vectors = Lanes.cover(n);
    for (int i = 0; i < vectors; i++) {
      long at = Math.min((long) i * Lanes.BYTES, end);
      FloatVector x = Lanes.load(src + at);
      Lanes.store(x, dst + at);
    }
  }

  private static void clip(long src, long dst, long n, float low, float high) {
    long end = (n - Lanes.LENGTH) * 4;
    int vectors = Lanes.cover(n);
    for (int i = 0; i < vectors; i++) {
      long at = Math.min((long) i * Lanes.BYTES, end);
      FloatVector x = Lanes.load(src + at);
      Lanes.store(x.max(low).min(high), dst + at);
    }
  }

  private static void leaky(long src, long dst, long n, float slope) {
    long end = (n - Lanes.LENGTH) * 4;
    int vectors = Lanes.cover(n);
    for (int i = 0; i < vectors; i++) {
      long at = Math.min((long) i * Lanes.BYTES, end);
      FloatVector x = Lanes.load(src + at);
      Lanes.store(x.mul(slope).blend(x, x.compare(VectorOperators.GT, 0f)), dst + at);
    }
  }

  private static void sigmoid(long src, long dst, long n) {
    long end = (n - Lanes.LENGTH) * 4;
    int vectors = Lanes.cover(n);
    for (int i = 0; i < vectors; i++) {
      long at = Math.min((long) i * Lanes.BYTES, end);
      FloatVector x = Lanes.load(src + at);
      Lanes.store(VectorMath.sigmoid(x), dst + at);
    }
  }

  private static void hardSigmoid(long src, long dst, long n, float alpha, float beta) {
    long end = (n - Lanes.LENGTH) * 4;
    int vectors = Lanes.cover(n);
    for (int i = 0; i < vectors; i++) {
      long at = Math.min((long) i * Lanes.BYTES, end);
      FloatVector x = Lanes.load(src + at);
      Lanes.store(x.mul(alpha).add(beta).min(1f).max(0f), dst + at);
    }
  }

  private static void silu(long src, long dst, long n) {
    long end = (n - Lanes.LENGTH) * 4;
    int vectors = Lanes.cover(n);
    for (int i = 0; i < vectors; i++) {
      long at = Math.min((long) i * Lanes.BYTES, end);
      FloatVector x = Lanes.load(src + at);
      Lanes.store(VectorMath.silu(x), dst + at);
    }
  }

  private static void hardSwish(long src, long dst, long n) {
    long end = (n - Lanes.LENGTH) * 4;
    int vectors = Lanes.cover(n);
    for (int i = 0; i < vectors; i++) {
      long at = Math.min((long) i * Lanes.BYTES, end);
      FloatVector x = Lanes.load(src + at);
      Lanes.store(x.mul(x.div(6f).add(0.5f).min(1f).max(0f)), dst + at);
    }
  }

  /** To 10 u relative down to -13, where the result goes out of range: x/2 * erfc(-x / sqrt 2). */
  private static void gelu(long src, long dst, long n) {
    long end = (n - Lanes.LENGTH) * 4;
    int vectors = Lanes.cover(n);
    for (int i = 0; i < vectors; i++) {
      long at = Math.min((long) i * Lanes.BYTES, end);
      FloatVector x = Lanes.load(src + at);
      FloatVector a = x.abs().min(14.2f);
      FloatVector square = a.mul(a);
      FloatVector rest = a.fma(a, square.neg());
      FloatVector tail = VectorMath.expMinus(square.mul(0.5f), rest.mul(0.5f));
      tail = tail.mul(VectorMath.erfcScaled(a.mul(0x1.6a09e6p-1f)));
      FloatVector sum = tail.blend(VectorMath.TWO.sub(tail), x.compare(VectorOperators.GT, 0f));
      x.mul(0.5f).mul(sum).intoMemorySegment(Memory.ALL, (dst + at) & Lanes.MASK, Lanes.ORDER);
    }
  }

  /** To 4 u relative. */
  private static void tanh(long src, long dst, long n) {
    long end = (n - Lanes.LENGTH) * 4;
    int vectors = Lanes.cover(n);
    for (int i = 0; i < vectors; i++) {
      long at = Math.min((long) i * Lanes.BYTES, end);
      FloatVector x = Lanes.load(src + at);
      FloatVector a = x.abs();
      FloatVector near = VectorMath.tanhNear(x);
      IntVector far = VectorMath.tanhFar(a).reinterpretAsInts();
      far = far.or(x.reinterpretAsInts().and(Integer.MIN_VALUE));
      near.blend(far.reinterpretAsFloats(), a.compare(VectorOperators.GT, 0.625f))
          .intoMemorySegment(Memory.ALL, (dst + at) & Lanes.MASK, Lanes.ORDER);
    }
  }

  private static void sqrt(long src, long dst, long n) {
    long end = (n - Lanes.LENGTH) * 4;
    int vectors = Lanes.cover(n);
    for (int i = 0; i < vectors; i++) {
      long at = Math.min((long) i * Lanes.BYTES, end);
      FloatVector x = Lanes.load(src + at);
      Lanes.store(x.sqrt(), dst + at);
    }
  }

  private static void exp(long src, long dst, long n) {
    long end = (n - Lanes.LENGTH) * 4;
    int vectors = Lanes.cover(n);
    for (int i = 0; i < vectors; i++) {
      long at = Math.min((long) i * Lanes.BYTES, end);
      FloatVector x = Lanes.load(src + at);
      Lanes.store(VectorMath.exp(x), dst + at);
    }
  }

  /** To 4 u relative. */
  private static void erf(long src, long dst, long n) {
    long end = (n - Lanes.LENGTH) * 4;
    int vectors = Lanes.cover(n);
    for (int i = 0; i < vectors; i++) {
      long at = Math.min((long) i * Lanes.BYTES, end);
      FloatVector x = Lanes.load(src + at);
      FloatVector a = x.abs().min(10f);
      FloatVector square = a.mul(a);
      FloatVector near = VectorMath.erfNear(x);
      FloatVector tail = VectorMath.expMinus(square, a.fma(a, square.neg()));
      tail = tail.mul(VectorMath.erfcScaled(a));
      IntVector far = VectorMath.ONE.sub(tail).reinterpretAsInts();
      far = far.or(x.reinterpretAsInts().and(Integer.MIN_VALUE));
      near.blend(far.reinterpretAsFloats(), a.compare(VectorOperators.GT, 1f))
          .intoMemorySegment(Memory.ALL, (dst + at) & Lanes.MASK, Lanes.ORDER);
    }
  }

  private static void abs(long src, long dst, long n) {
    long end = (n - Lanes.LENGTH) * 4;
    int vectors = Lanes.cover(n);
    for (int i = 0; i < vectors; i++) {
      long at = Math.min((long) i * Lanes.BYTES, end);
      FloatVector x = Lanes.load(src + at);
      Lanes.store(x.abs(), dst + at);
    }
  }

  private static void neg(long src, long dst, long n) {
    long end = (n - Lanes.LENGTH) * 4;
    int vectors = Lanes.cover(n);
    for (int i = 0; i < vectors; i++) {
      long at = Math.min((long) i * Lanes.BYTES, end);
      FloatVector x = Lanes.load(src + at);
      Lanes.store(x.neg(), dst + at);
    }
  }

  private static void reciprocal(long src, long dst, long n) {
    long end = (n - Lanes.LENGTH) * 4;
    int vectors = Lanes.cover(n);
    for (int i = 0; i < vectors; i++) {
      long at = Math.min((long) i * Lanes.BYTES, end);
      FloatVector x = Lanes.load(src + at);
      Lanes.store(Lanes.broadcast(1).div(x), dst + at);
    }
  }

  static void square(long src, long dst, long n) {
    long end = (n - Lanes.LENGTH) * 4;
    int vectors = Lanes.cover(n);
    for (int i = 0; i < vectors; i++) {
      long at = Math.min((long) i * Lanes.BYTES, end);
      FloatVector x = Lanes.load(src + at);
      Lanes.store(x.mul(x), dst + at);
    }
  }
}
