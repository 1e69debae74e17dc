package dev.tilewright.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tilewright.conv.Activation;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.BinaryFunction;
import dev.tilewright.graph.Op.UnaryFunction;
import dev.tilewright.graph.ShapeException;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ElementwiseTest {
  private static final float NAN = Float.NaN;
  private static final float INF = Float.POSITIVE_INFINITY;

  private final Random random = new Random(7);

  /** Pairs that broadcast: both ways, at both ends, in the middle, ranks 0, 1 and 5, empty. */
  private static final List<List<Shape>> PAIRS =
      List.of(
          List.of(Shape.of(2, 3, 5), Shape.of(2, 3, 5)),
          List.of(Shape.of(2, 3, 5), Shape.of(5)),
          List.of(Shape.of(5), Shape.of(2, 3, 5)),
          List.of(Shape.of(2, 3, 5), Shape.SCALAR),
          List.of(Shape.SCALAR, Shape.SCALAR),
          List.of(Shape.of(2, 1, 5), Shape.of(1, 3, 1)),
          List.of(Shape.of(2, 1, 3, 1, 2), Shape.of(4, 3, 7, 1)),
          List.of(Shape.of(1, 4, 4, 8), Shape.of(1, 1, 1, 8)),
          List.of(Shape.of(3, 4, 4, 8), Shape.of(3, 1, 1, 8)),
          List.of(Shape.of(0, 3), Shape.of(1, 3)),
          List.of(Shape.of(1), Shape.of(0)),
          List.of(Shape.of(37, 1021), Shape.of(37, 1)));

  @Test
  void binaryBroadcastsAsNumpy() {
    for (List<Shape> pair : PAIRS) {
      Tensor a = Cells.random(random, pair.get(0));
      Tensor b = Cells.random(random, pair.get(1));
      Tensor out = Harness.run(new Op.Binary(BinaryFunction.SUB), a, b);
      Cells.assertCells(out, at -> (float) Cells.broadcast(a, at) - (float) Cells.broadcast(b, at));
    }
  }

  @Test
  void whereBroadcastsThreeWays() {
    for (DType dtype : DType.values()) {
      Tensor condition = Cells.random(random, DType.BOOL, Shape.of(3, 1, 5));
      Tensor a = Cells.random(random, dtype, Shape.of(4, 1));
      Tensor b = Cells.random(random, dtype, Shape.of(2, 1, 1, 5));
      Tensor out = Harness.run(new Op.Where(), condition, a, b);
      assertThat(out.shape()).isEqualTo(Shape.of(2, 3, 4, 5));
      Cells.assertCells(
          out, at -> Cells.broadcast(Cells.broadcast(condition, at) != 0 ? a : b, at));
    }
  }

  @ParameterizedTest
  @EnumSource(value = DType.class, mode = EnumSource.Mode.EXCLUDE, names = "BOOL")
  void arithmeticWorksOnEveryType(DType dtype) {
    Tensor a = Cells.list(dtype, 7, 6, 5, 0);
    Tensor b = Cells.list(dtype, 2, 3, 5, 1);
    assertThat(values(BinaryFunction.ADD, a, b)).containsExactly(9, 9, 10, 1);
    assertThat(values(BinaryFunction.SUB, a, b)).startsWith(5, 3, 0);
    assertThat(values(BinaryFunction.MUL, a, b)).containsExactly(14, 18, 25, 0);
    assertThat(values(BinaryFunction.MIN, a, b)).containsExactly(2, 3, 5, 0);
    assertThat(values(BinaryFunction.MAX, a, b)).containsExactly(7, 6, 5, 1);
    assertThat(values(BinaryFunction.POW, b, b)).startsWith(4, 27);
    assertThat(values(BinaryFunction.DIV, a, b)).endsWith(2, 1, 0);
    assertThat(values(BinaryFunction.EQUAL, a, b)).containsExactly(0, 0, 1, 0);
    assertThat(values(BinaryFunction.LESS, a, b)).containsExactly(0, 0, 0, 1);
    assertThat(values(BinaryFunction.GREATER, a, b)).containsExactly(1, 1, 0, 0);
  }

  private static double[] values(BinaryFunction function, Tensor a, Tensor b) {
    Tensor out = Harness.run(new Op.Binary(function), a, b);
    return java.util.stream.IntStream.range(0, 4).mapToDouble(i -> Cells.get(out, i)).toArray();
  }

  @Test
  void whatIsLeftOfADivisionHasEitherSign() {
    double[] x = {7, -7, 7, -7, 6};
    double[] y = {3, 3, -3, -3, -3};
    for (DType dtype : List.of(DType.INT64, DType.INT32, DType.INT8, DType.FLOAT32)) {
      Tensor a = Cells.list(dtype, x);
      Tensor b = Cells.list(dtype, y);
      Cells.assertCells(
          Harness.run(new Op.Binary(BinaryFunction.MOD), a, b),
          at -> new double[] {1, 2, -2, -1, 0}[at[0]]);
      Cells.assertCells(
          Harness.run(new Op.Binary(BinaryFunction.REMAINDER), a, b),
          at -> new double[] {1, -1, 1, -1, 0}[at[0]]);
    }
    Tensor zero = Tensor.of(Shape.of(1), 0L);
    assertThatThrownBy(() -> Harness.run(new Op.Binary(BinaryFunction.MOD), zero, zero))
        .isInstanceOf(ShapeException.class);
  }

  @Test
  void logicIsOnBooleans() {
    Tensor a = Cells.list(DType.BOOL, 0, 0, 1, 1);
    Tensor b = Cells.list(DType.BOOL, 0, 1, 0, 1);
    assertThat(Harness.longs(new Op.Binary(BinaryFunction.AND), a, b)).containsExactly(0, 0, 0, 1);
    assertThat(Harness.longs(new Op.Binary(BinaryFunction.OR), a, b)).containsExactly(0, 1, 1, 1);
    assertThat(Harness.longs(new Op.Binary(BinaryFunction.EQUAL), a, b))
        .containsExactly(1, 0, 0, 1);
    assertThat(Harness.longs(new Op.Unary(UnaryFunction.NOT), a)).containsExactly(1, 1, 0, 0);
  }

  @Test
  void integersAreExactBeyondFloats() {
    long big = (1L << 62) + 1;
    Tensor a = Tensor.of(Shape.of(4), big, -7L, 7L, 3L);
    Tensor b = Tensor.of(Shape.of(4), 1L, 2L, -2L, 39L);
    assertThat(Harness.longs(new Op.Binary(BinaryFunction.ADD), a, b)[0]).isEqualTo(big + 1);
    assertThat(Harness.longs(new Op.Binary(BinaryFunction.DIV), a, b))
        .as("truncates towards zero")
        .containsExactly(big, -3, -3, 0);
    assertThat(Harness.longs(new Op.Binary(BinaryFunction.POW), a, b)[3])
        .isEqualTo(4052555153018976267L);
    assertThat(
            Harness.longs(
                new Op.Binary(BinaryFunction.GREATER), a, Tensor.of(Shape.of(1), big - 1)))
        .containsExactly(1, 0, 0, 0);
  }

  @Test
  void narrowIntegersWrap() {
    Tensor a = Cells.list(DType.UINT8, 250);
    assertThat(Harness.longs(new Op.Binary(BinaryFunction.ADD), a, a)).containsExactly(244);
    Tensor b = Cells.list(DType.INT8, -128);
    assertThat(Harness.longs(new Op.Unary(UnaryFunction.NEG), b)).containsExactly(-128);
  }

  @Test
  void divisionByAnIntegerZeroIsATypedError() {
    Tensor zero = Tensor.of(Shape.SCALAR, 0L);
    assertThatThrownBy(() -> Harness.run(new Op.Binary(BinaryFunction.DIV), zero, zero))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("division by zero");
    assertThat(
            Harness.floats(
                new Op.Binary(BinaryFunction.DIV),
                Tensor.of(Shape.of(2), 1f, 0f),
                Tensor.of(Shape.of(2), 0f, 0f)))
        .containsExactly(INF, NAN);
  }

  @Test
  void nanPropagatesThroughMinAndMaxAndClip() {
    Tensor a = Tensor.of(Shape.of(2), NAN, 1f);
    Tensor b = Tensor.of(Shape.of(2), 1f, NAN);
    assertThat(Harness.floats(new Op.Binary(BinaryFunction.MAX), a, b)).containsExactly(NAN, NAN);
    assertThat(Harness.floats(new Op.Binary(BinaryFunction.MIN), a, b)).containsExactly(NAN, NAN);
    assertThat(Harness.longs(new Op.Binary(BinaryFunction.EQUAL), a, a)).containsExactly(0, 1);
    assertThat(Harness.floats(new Op.Activate(Activation.relu()), a)).containsExactly(NAN, 1);
  }

  @Test
  void unaryFunctionsAreWhatTheirNamesSay() {
    assertThat(unary(UnaryFunction.ROUND, 0.5, 1.5, 2.5, -0.5, -1.5, 0.49999997))
        .as("half to even")
        .containsExactly(0, 2, 2, -0f, -2, 0);
    assertThat(unary(UnaryFunction.FLOOR, -1.5, 1.5)).containsExactly(-2, 1);
    // binary16 has 11 digits, bfloat16 8: one more is a tie between neighbours.
    assertThat(unary(UnaryFunction.HALF, 2049, 2051, 65519, 65520, 0x1p-25, 0x1.8p-24, NAN))
        .containsExactly(2048, 2052, 65504, INF, 0, 0x1p-23f, NAN);
    assertThat(unary(UnaryFunction.BFLOAT16, 257, 259, -258, Float.MAX_VALUE, INF, NAN))
        .containsExactly(256, 260, -258, INF, INF, NAN);
    assertThat(unary(UnaryFunction.CEIL, -1.5, 1.5)).containsExactly(-1, 2);
    assertThat(unary(UnaryFunction.SQRT, 9, -1)).containsExactly(3, NAN);
    assertThat(unary(UnaryFunction.EXP, 0, 1)).containsExactly(1, (float) Math.E);
    assertThat(unary(UnaryFunction.LOG, 1, 0)).containsExactly(0, -INF);
    assertThat(unary(UnaryFunction.ERF, 0, 1, NAN)).containsExactly(0, 0.8427008f, NAN);
    assertThat(unary(UnaryFunction.ABS, -3, 3)).containsExactly(3, 3);
    assertThat(unary(UnaryFunction.NEG, -3, 3)).containsExactly(3, -3);
    assertThat(unary(UnaryFunction.RECIPROCAL, 4, 0)).containsExactly(0.25f, INF);
    assertThat(Harness.longs(new Op.Unary(UnaryFunction.ABS), Tensor.of(Shape.of(2), -5L, 5L)))
        .containsExactly(5, 5);
  }

  private static float[] unary(UnaryFunction function, double... values) {
    return Harness.floats(new Op.Unary(function), Cells.list(DType.FLOAT32, values));
  }

  @Test
  void activationsApplyToEveryElementOfLargeTensors() {
    for (Activation activation :
        List.of(Activation.none(), new Activation.HardSwish(), new Activation.Sigmoid())) {
      Tensor x = Cells.random(random, Shape.of(3, 17, 311));
      Cells.assertCells(
          Harness.run(new Op.Activate(activation), x), at -> activation.apply(Cells.get(x, at)));
    }
  }

  @Test
  void castsTruncateAndSaturate() {
    Tensor x = Cells.list(DType.FLOAT32, 1.9, -1.9, 300, -300, 1e30, NAN, 0, 0.25);
    assertThat(Harness.longs(new Op.Cast(DType.INT64), x))
        .containsExactly(1, -1, 300, -300, Long.MAX_VALUE, 0, 0, 0);
    assertThat(Harness.longs(new Op.Cast(DType.INT32), x))
        .containsExactly(1, -1, 300, -300, Integer.MAX_VALUE, 0, 0, 0);
    assertThat(Harness.longs(new Op.Cast(DType.INT8), x))
        .containsExactly(1, -1, 127, -128, 127, 0, 0, 0);
    assertThat(Harness.longs(new Op.Cast(DType.UINT8), x))
        .containsExactly(1, 0, 255, 0, 255, 0, 0, 0);
    assertThat(Harness.longs(new Op.Cast(DType.BOOL), x)).containsExactly(1, 1, 1, 1, 1, 1, 0, 1);
    Harness.assertSameBits(Harness.run(new Op.Cast(DType.FLOAT32), x), x);
  }

  @Test
  void everyTypeCastsToEveryOther() {
    for (DType from : DType.values()) {
      for (DType to : DType.values()) {
        Tensor x = Cells.random(random, from, Shape.of(3, 1, 2, 1, 2));
        Cells.assertCells(
            Harness.run(new Op.Cast(to), x),
            at -> to == DType.BOOL ? Math.signum(Cells.get(x, at)) : Cells.get(x, at));
      }
    }
  }
}
