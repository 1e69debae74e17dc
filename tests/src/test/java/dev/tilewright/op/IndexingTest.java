package dev.tilewright.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.ScatterReduction;
import dev.tilewright.graph.ShapeException;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class IndexingTest {
  private final Random random = new Random(17);

  @Test
  void topSortsEveryLine() {
    for (DType dtype : List.of(DType.FLOAT32, DType.INT64, DType.INT32, DType.UINT8)) {
      for (int axis = 0; axis < 3; axis++) {
        // Few values, so that many are equal.
        Tensor x = Cells.of(dtype, Shape.of(4, 37, 5), at -> random.nextInt(9));
        for (int k : new int[] {1, 2, 3, x.shape().dim(axis)}) {
          if (k <= x.shape().dim(axis)) {
            checkTop(x, new Op.Top(axis, k, random.nextBoolean(), random.nextBoolean()));
          }
        }
      }
    }
  }

  private static void checkTop(Tensor x, Op.Top op) {
    Tensor out = Harness.run(op, x);
    Cells.assertCells(
        out,
        at -> {
          List<Integer> order =
              new ArrayList<>(IntStream.range(0, x.shape().dim(op.axis())).boxed().toList());
          if (op.lastOfEqual()) {
            order = order.reversed();
          }
          Comparator<Integer> ascending =
              Comparator.comparingDouble(i -> {
                int[] from = at.clone();
                from[op.axis()] = i;
                return Cells.get(x, from);
              });
          List<Integer> sorted = new ArrayList<>(order);
          sorted.sort(op.largest() ? ascending.reversed() : ascending);
          return sorted.get(at[op.axis()]);
        });
  }

  @Test
  void notANumberIsTheLargest() {
    Tensor x = Cells.list(DType.FLOAT32, -0.0, Double.NaN, 0, Double.POSITIVE_INFINITY, -1);
    assertThat(Harness.longs(new Op.Top(0, 5, true, false), x)).containsExactly(1, 3, 0, 2, 4);
    assertThat(Harness.longs(new Op.Top(0, 1, false, false), x)).containsExactly(4);
    assertThat(Harness.longs(new Op.Top(0, 0, true, false), x)).isEmpty();
  }

  @Test
  void gathersElementsAlongEveryAxis() {
    Tensor x = Cells.random(random, Shape.of(3, 5, 4));
    for (int axis = 0; axis < 3; axis++) {
      int a = axis;
      List<Integer> dims = new ArrayList<>(List.of(2, 4, 3));
      dims.set(axis, 9);
      int size = x.shape().dim(axis);
      Tensor indices = Cells.of(DType.INT32, new Shape(dims), at -> random.nextInt(-size, size));
      Cells.assertCells(
          Harness.run(new Op.GatherElements(axis), x, indices),
          at -> Cells.get(x, moved(at, a, Cells.get(indices, at), size)));
    }
    Tensor nothing = Cells.of(DType.INT64, Shape.of(0, 5, 4), at -> 0);
    assertThat(Harness.run(new Op.GatherElements(0), x, nothing).shape().elements()).isZero();
    Tensor outside = Cells.of(DType.INT64, Shape.of(1, 1, 1), at -> 4);
    assertThatThrownBy(() -> Harness.run(new Op.GatherElements(2), x, outside))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("index 4 is outside axis 2");
  }

  private static int[] moved(int[] at, int axis, double index, int size) {
    int[] from = at.clone();
    from[axis] = (int) (index < 0 ? index + size : index);
    return from;
  }

  @Test
  void gathersPartsOfEveryDepth() {
    Tensor x = Cells.random(random, Shape.of(2, 3, 4, 5));
    Tensor deep = Cells.of(DType.INT64, Shape.of(2, 6, 2), at -> random.nextInt(-3, 3));
    Cells.assertCells(
        Harness.run(new Op.GatherParts(1), x, deep),
        at -> {
          int[] from = {at[0], coordinate(deep, 3, at, 0), coordinate(deep, 4, at, 1), at[2]};
          return Cells.get(x, from);
        });
    Tensor flat = Cells.of(DType.INT64, Shape.of(3, 1), at -> at[0] - 1);
    Cells.assertCells(
        Harness.run(new Op.GatherParts(0), x, flat),
        at -> Cells.get(x, (at[0] + 1) % 2, at[1], at[2], at[3]));
  }

  private static int coordinate(Tensor indices, int size, int[] at, int i) {
    return Math.floorMod((int) Cells.get(indices, at[0], at[1], i), size);
  }

  @Test
  void scattersElementsOneAfterTheOther() {
    for (ScatterReduction reduction : ScatterReduction.values()) {
      for (DType dtype : List.of(DType.FLOAT32, DType.INT64, DType.UINT8)) {
        Tensor x = Cells.of(dtype, Shape.of(4, 6), at -> random.nextInt(1, 4));
        Tensor indices = Cells.of(DType.INT64, Shape.of(3, 7), at -> random.nextInt(-6, 6));
        Tensor updates = Cells.of(dtype, Shape.of(3, 7), at -> random.nextInt(1, 3));
        Map<List<Integer>, Double> expected = new HashMap<>();
        Cells.forEach(
            indices.shape(),
            at -> {
              int column = Math.floorMod((int) Cells.get(indices, at), 6);
              expected.merge(
                  List.of(at[0], column),
                  merged(reduction, Cells.get(x, at[0], column), Cells.get(updates, at)),
                  (old, first) -> merged(reduction, old, Cells.get(updates, at)));
            });
        Cells.assertCells(
            Harness.run(new Op.ScatterElements(1, reduction), x, indices, updates),
            at -> expected.getOrDefault(List.of(at[0], at[1]), Cells.get(x, at)));
      }
    }
  }

  private static double merged(ScatterReduction reduction, double old, double update) {
    return switch (reduction) {
      case REPLACE -> update;
      case ADD -> old + update;
      case MUL -> old * update;
      case MIN -> Math.min(old, update);
      case MAX -> Math.max(old, update);
    };
  }

  @Test
  void scatteredPartsAreReduced() {
    Tensor x = Cells.list(DType.FLOAT32, 1, 2, 3);
    Tensor indices = Tensor.of(Shape.of(3, 1), 2L, 0L, -1L);
    Tensor updates = Cells.list(DType.FLOAT32, 10, 20, 30);
    Op add = new Op.Scatter(ScatterReduction.ADD);
    assertThat(Harness.floats(add, x, indices, updates)).containsExactly(21, 2, 43);
    Op min = new Op.Scatter(ScatterReduction.MIN);
    assertThat(Harness.floats(min, x, indices, updates)).containsExactly(1, 2, 3);
  }

  @Test
  void sumsRunInBothDirections() {
    Tensor x = Cells.of(DType.INT32, Shape.of(3, 4, 5), at -> random.nextInt(100));
    for (int axis = 0; axis < 3; axis++) {
      for (int form = 0; form < 4; form++) {
        int a = axis;
        boolean exclusive = (form & 1) != 0;
        boolean reverse = (form & 2) != 0;
        Cells.assertCells(
            Harness.run(new Op.CumulativeSum(axis, exclusive, reverse), x),
            at -> {
              double sum = 0;
              for (int i = 0; i < x.shape().dim(a); i++) {
                boolean before = reverse ? i > at[a] : i < at[a];
                sum += before || (i == at[a] && !exclusive) ? Cells.get(x, moved(at, a, i, 0)) : 0;
              }
              return sum;
            });
      }
    }
    Tensor third = Cells.list(DType.FLOAT32, 0.1, 0.2, -0.3);
    assertThat(Harness.floats(new Op.CumulativeSum(0, false, false), third))
        .containsExactly(
            0.1f, (float) (0.1f + (double) 0.2f), (float) (0.1f + (double) 0.2f - 0.3f));
  }
}
