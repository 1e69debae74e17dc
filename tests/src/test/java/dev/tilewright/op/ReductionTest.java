package dev.tilewright.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.ReduceKind;
import dev.tilewright.graph.ShapeException;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ReductionTest {
  private static final float INF = Float.POSITIVE_INFINITY;

  private final Random random = new Random(13);

  private static double start(ReduceKind kind) {
    return switch (kind) {
      case MEAN, SUM -> 0;
      case PROD -> 1;
      case MAX -> Double.NEGATIVE_INFINITY;
      case MIN -> Double.POSITIVE_INFINITY;
    };
  }

  private static double reduce(ReduceKind kind, Tensor x, List<Integer> axes, int[] at) {
    double[] result = {start(kind), 0};
    Cells.forEach(
        x.shape(),
        from -> {
          for (int i = 0; i < at.length; i++) {
            if (!axes.contains(i) && from[i] != at[i]) {
              return;
            }
          }
          double v = Cells.get(x, from);
          result[1]++;
          result[0] =
              switch (kind) {
                case MEAN, SUM -> result[0] + v;
                case PROD -> result[0] * v;
                case MAX -> Math.max(result[0], v);
                case MIN -> Math.min(result[0], v);
              };
        });
    return kind == ReduceKind.MEAN ? result[0] / result[1] : result[0];
  }

  @Test
  void everyReductionOverEverySetOfAxes() {
    Tensor x = Cells.random(random, Shape.of(2, 3, 4, 5));
    for (ReduceKind kind : ReduceKind.values()) {
      for (List<Integer> axes :
          List.of(
              List.<Integer>of(),
              List.of(0),
              List.of(3),
              List.of(1, 2),
              List.of(3, 0),
              List.of(0, 1, 2, 3))) {
        Tensor kept = Harness.run(new Op.Reduce(kind, axes, true), x);
        Cells.assertCells(kept, at -> reduce(kind, x, axes, at));
        Tensor dropped = Harness.run(new Op.Reduce(kind, axes, false), x);
        assertThat(dropped.shape().rank()).isEqualTo(4 - axes.size());
        assertThat(dropped.toFloats()).containsExactly(kept.toFloats());
      }
    }
  }

  @Test
  void layerNormBringsEveryRowToMeanZeroAndVarianceOne() {
    Tensor x = Cells.random(random, Shape.of(3, 2, 37));
    Tensor scale = Cells.random(random, Shape.of(37));
    Tensor shift = Cells.random(random, Shape.of(37));
    Tensor out = Harness.run(new Op.LayerNorm(0.5f), x, scale, shift);
    Cells.assertCells(
        out,
        at -> {
          double mean = 0;
          double square = 0;
          for (int i = 0; i < 37; i++) {
            mean += Cells.get(x, at[0], at[1], i) / 37;
          }
          for (int i = 0; i < 37; i++) {
            square += Math.pow(Cells.get(x, at[0], at[1], i) - mean, 2) / 37;
          }
          double normal = (Cells.get(x, at) - mean) / Math.sqrt(square + 0.5);
          return normal * Cells.get(scale, at[2]) + Cells.get(shift, at[2]);
        });
  }

  @Test
  void meanOverTheImageOfManyChannels() {
    Tensor x = Cells.random(random, Shape.of(2, 7, 9, 133));
    List<Integer> axes = List.of(1, 2);
    double[] sums = new double[2 * 133];
    Cells.forEach(x.shape(), at -> sums[at[0] * 133 + at[3]] += Cells.get(x, at));
    Cells.assertCells(
        Harness.run(new Op.Reduce(ReduceKind.MEAN, axes, false), x),
        at -> sums[at[0] * 133 + at[1]] / 63);
  }

  @Test
  void integersReduceExactly() {
    Tensor x = Tensor.of(Shape.of(3), (1L << 60) + 1, -3L, 2L);
    assertThat(integers(ReduceKind.SUM, x)).containsExactly(1L << 60);
    assertThat(integers(ReduceKind.MAX, x)).containsExactly((1L << 60) + 1);
    assertThat(integers(ReduceKind.MIN, x)).containsExactly(-3);
    Tensor y = Cells.list(DType.INT32, 1, 2, 4);
    assertThat(integers(ReduceKind.MEAN, y)).containsExactly(2);
    assertThat(integers(ReduceKind.PROD, y)).containsExactly(8);
  }

  private static long[] integers(ReduceKind kind, Tensor x) {
    return Harness.longs(new Op.Reduce(kind, List.of(0), false), x);
  }

  @Test
  void nothingReducesToTheNeutralElement() {
    Tensor none = Cells.floats(Shape.of(2, 0), at -> 0);
    for (ReduceKind kind : ReduceKind.values()) {
      float neutral = kind == ReduceKind.MEAN ? Float.NaN : (float) start(kind);
      assertThat(Harness.floats(new Op.Reduce(kind, List.of(1), true), none))
          .containsExactly(neutral, neutral);
    }
    Tensor integers = Cells.list(DType.INT32);
    assertThat(integers(ReduceKind.PROD, integers)).containsExactly(1);
    assertThat(integers(ReduceKind.MAX, integers)).containsExactly(Integer.MIN_VALUE);
    assertThatThrownBy(() -> integers(ReduceKind.MEAN, integers))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("mean of no integers");
  }

  @Test
  void nanWinsEveryReduction() {
    Tensor x = Tensor.of(Shape.of(3), 1f, Float.NaN, 2f);
    for (ReduceKind kind : ReduceKind.values()) {
      assertThat(Harness.floats(new Op.Reduce(kind, List.of(0), true), x))
          .containsExactly(Float.NaN);
    }
  }

  @Test
  void softmaxSumsToOneAlongAnyAxis() {
    for (Shape shape :
        List.of(Shape.of(2, 3, 4, 5), Shape.of(1, 37, 41, 1), Shape.of(4, 0, 2, 3))) {
      Tensor x = Cells.random(random, shape);
      for (int axis = 0; axis < 4; axis++) {
        int a = axis;
        Cells.assertCells(
            Harness.run(new Op.Softmax(axis), x),
            at -> {
              double sum = 0;
              int[] other = at.clone();
              for (int i = 0; i < shape.dim(a); i++) {
                other[a] = i;
                sum += Math.exp(Cells.get(x, other));
              }
              return Math.exp(Cells.get(x, at)) / sum;
            });
      }
    }
  }

  @Test
  void softmaxOfExtremes() {
    assertThat(softmax(1000, 1000)).containsExactly(0.5f, 0.5f);
    assertThat(softmax(-INF, 3)).containsExactly(0, 1);
    assertThat(softmax(Float.NaN, 3)).containsExactly(Float.NaN, Float.NaN);
  }

  private static float[] softmax(float... values) {
    return Harness.floats(new Op.Softmax(0), Tensor.of(Shape.of(values.length), values));
  }

  @Test
  void matMulBroadcastsItsBatches() {
    for (List<Shape> s :
        List.of(
            List.of(Shape.of(3, 4), Shape.of(4, 5)),
            List.of(Shape.of(1, 7), Shape.of(7, 1)),
            List.of(Shape.of(2, 3, 4), Shape.of(4, 5)),
            List.of(Shape.of(1, 4), Shape.of(6, 4, 5)),
            List.of(Shape.of(2, 1, 3, 4), Shape.of(5, 4, 2)),
            List.of(Shape.of(2, 0, 4), Shape.of(4, 3)),
            List.of(Shape.of(2, 0), Shape.of(0, 3)),
            List.of(Shape.of(40, 30), Shape.of(30, 50)))) {
      Tensor a = Cells.random(random, s.get(0));
      Tensor b = Cells.random(random, s.get(1));
      int inner = a.shape().last();
      Cells.assertCells(
          Harness.run(new Op.MatMul(), a, b),
          at -> {
            double sum = 0;
            int[] left = at.clone();
            int[] right = at.clone();
            for (int k = 0; k < inner; k++) {
              left[at.length - 1] = k;
              right[at.length - 2] = k;
              sum += element(a, left) * element(b, right);
            }
            return sum;
          });
    }
  }

  /** As broadcast, but only the dimensions before the matrix repeat. */
  private static double element(Tensor x, int[] at) {
    int rank = x.shape().rank();
    int[] own = new int[rank];
    for (int d = 0; d < rank; d++) {
      int i = at[at.length - rank + d];
      own[d] = d < rank - 2 && x.shape().dim(d) == 1 ? 0 : i;
    }
    return Cells.get(x, own);
  }
}
