package dev.tilewright.op;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.BinaryFunction;
import dev.tilewright.graph.Op.ReduceKind;
import dev.tilewright.graph.Op.ScatterReduction;
import dev.tilewright.graph.Op.UnaryFunction;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import java.util.function.BinaryOperator;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.Test;

/** Integers of 64 bits without a sign, on both sides of 2^63. The oracle is BigInteger. */
class UnsignedTest {
  @Test
  void arithmeticUsesAllTheirBits() {
    long[] x = {0, 1, 7, Long.MAX_VALUE, Long.MIN_VALUE, -3, -1, -1};
    long[] y = {1, 2, -1, Long.MIN_VALUE, 3, Long.MAX_VALUE, -1, -2};
    Map<BinaryFunction, BinaryOperator<BigInteger>> meanings =
        Map.of(
            BinaryFunction.ADD, BigInteger::add,
            BinaryFunction.SUB, BigInteger::subtract,
            BinaryFunction.MUL, BigInteger::multiply,
            BinaryFunction.DIV, BigInteger::divide,
            BinaryFunction.MOD, BigInteger::mod,
            BinaryFunction.REMAINDER, BigInteger::remainder,
            BinaryFunction.MIN, BigInteger::min,
            BinaryFunction.MAX, BigInteger::max,
            BinaryFunction.POW, (a, b) -> a.modPow(b, BigInteger.TWO.pow(64)));
    Map<BinaryFunction, IntPredicate> orders =
        Map.of(
            BinaryFunction.LESS, order -> order < 0,
            BinaryFunction.EQUAL, order -> order == 0,
            BinaryFunction.GREATER, order -> order > 0);
    Tensor a = unsigned(x);
    Tensor b = unsigned(y);
    meanings.forEach((function, meaning) -> {
      long[] got = Harness.longs(new Op.Binary(function), a, b);
      for (int i = 0; i < x.length; i++) {
        long want = meaning.apply(whole(x[i]), whole(y[i])).longValue();
        assertThat(got[i]).as("%s %s %s", whole(x[i]), function, whole(y[i])).isEqualTo(want);
      }
    });
    orders.forEach((function, holds) -> {
      long[] got = Harness.longs(new Op.Binary(function), a, b);
      for (int i = 0; i < x.length; i++) {
        long want = holds.test(whole(x[i]).compareTo(whole(y[i]))) ? 1 : 0;
        assertThat(got[i]).as("%s %s %s", whole(x[i]), function, whole(y[i])).isEqualTo(want);
      }
    });
    assertThat(Harness.longs(new Op.Unary(UnaryFunction.SIGN), unsigned(0, 5, -1)))
        .containsExactly(0, 1, 1);
    assertThat(Harness.longs(new Op.Unary(UnaryFunction.ABS), unsigned(Long.MIN_VALUE, -1)))
        .containsExactly(Long.MIN_VALUE, -1);
  }

  @Test
  void castsAreRightOverTheWholeRange() {
    // Halves of a last place (2^40 above 2^63) both ways, and the largest value.
    long[] x = {3, 1L << 63, (1L << 63) + (1L << 39), (1L << 63) + (1L << 39) + 1, -1};
    float[] floats = Harness.floats(new Op.Cast(DType.FLOAT32), unsigned(x));
    for (int i = 0; i < x.length; i++) {
      assertThat(floats[i]).isEqualTo(whole(x[i]).floatValue());
    }
    Tensor reals =
        Cells.list(
            DType.FLOAT32,
            -1,
            0x1p63,
            0x1.8p63,
            0x1p64,
            Float.POSITIVE_INFINITY,
            Float.NaN,
            0.9,
            5);
    assertThat(Harness.longs(new Op.Cast(DType.UINT64), reals))
        .containsExactly(0, Long.MIN_VALUE, 3L << 62, -1, -1, 0, 0, 5);
    assertThat(Harness.longs(new Op.Cast(DType.INT64), unsigned(-1))).containsExactly(-1);
    assertThat(Harness.longs(new Op.Cast(DType.BOOL), unsigned(0, 1L << 63))).containsExactly(0, 1);
  }

  @Test
  void reductionsAndOrdersSeeNoSign() {
    Tensor x = unsigned(5, -2, Long.MIN_VALUE, 0);
    assertThat(reduced(ReduceKind.MAX, x)).isEqualTo(-2);
    assertThat(reduced(ReduceKind.MIN, x)).isZero();
    assertThat(reduced(ReduceKind.MEAN, unsigned(-4, 2))).isEqualTo(Long.MAX_VALUE);
    assertThat(reduced(ReduceKind.MAX, unsigned())).isZero();
    assertThat(reduced(ReduceKind.MIN, unsigned())).isEqualTo(-1);
    assertThat(Harness.longs(new Op.Top(0, 3, true, false), x)).containsExactly(1, 2, 0);
    assertThat(Harness.longs(new Op.Top(0, 1, false, false), x)).containsExactly(3);
  }

  @Test
  void scatteringTakesTheLargerOfTwo() {
    Tensor place = Tensor.of(Shape.of(2, 1), 0L, 1L);
    Tensor x = unsigned(1, -1);
    Tensor updates = unsigned(Long.MIN_VALUE, 3);
    assertThat(Harness.longs(new Op.Scatter(ScatterReduction.MAX), x, place, updates))
        .containsExactly(Long.MIN_VALUE, -1);
    assertThat(Harness.longs(new Op.Scatter(ScatterReduction.MIN), x, place, updates))
        .containsExactly(1, 3);
  }

  private static long reduced(ReduceKind kind, Tensor x) {
    return Harness.longs(new Op.Reduce(kind, List.of(0), true), x)[0];
  }

  private static Tensor unsigned(long... bits) {
    return new Tensor(
        new TensorType(DType.UINT64, Shape.of(bits.length)), MemorySegment.ofArray(bits));
  }

  private static BigInteger whole(long bits) {
    return new BigInteger(Long.toUnsignedString(bits));
  }
}
