package dev.tilewright.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tilewright.graph.Op;
import dev.tilewright.graph.ShapeException;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class MovementTest {
  private final Random random = new Random(11);

  @Test
  void transposeMovesEveryCell() {
    for (DType dtype : DType.values()) {
      for (Shape shape :
          List.of(
              Shape.SCALAR,
              Shape.of(5),
              Shape.of(3, 4),
              Shape.of(1, 7, 5, 3),
              Shape.of(2, 3, 1, 4, 5),
              Shape.of(2, 0, 3),
              Shape.of(1, 131, 97))) {
        List<Integer> perm = new ArrayList<>(IntStream.range(0, shape.rank()).boxed().toList());
        Collections.shuffle(perm, random);
        Tensor x = Cells.random(random, dtype, shape);
        Tensor out = Harness.run(new Op.Transpose(perm), x);
        Cells.assertCells(
            out,
            at -> {
              int[] from = new int[at.length];
              for (int i = 0; i < at.length; i++) {
                from[perm.get(i)] = at[i];
              }
              return Cells.get(x, from);
            });
      }
    }
  }

  @Test
  void sliceWalksInBothDirections() {
    Tensor x = Cells.random(random, Shape.of(4, 7, 9));
    for (List<List<Integer>> s :
        List.of(
            List.of(List.of(0, 0, 0), List.of(1, 1, 1), List.of(4, 7, 9)),
            List.of(List.of(0, 0, 4), List.of(1, 1, 1), List.of(4, 7, 5)),
            List.of(List.of(3, 6, 8), List.of(-1, -2, -3), List.of(4, 4, 3)),
            List.of(List.of(1, 0, 1), List.of(2, 6, 7), List.of(2, 2, 2)),
            List.of(List.of(1, 0, 1), List.of(1, 1, 1), List.of(2, 0, 3)))) {
      Tensor out = Harness.run(new Op.Slice(s.get(0), s.get(1), new Shape(s.get(2))), x);
      Cells.assertCells(
          out,
          at ->
              Cells.get(
                  x,
                  IntStream.range(0, 3)
                      .map(i -> s.get(0).get(i) + at[i] * s.get(1).get(i))
                      .toArray()));
    }
  }

  @Test
  void sliceOfAScalarIsTheScalar() {
    assertThat(
            Harness.longs(
                new Op.Slice(List.of(), List.of(), Shape.SCALAR), Tensor.of(Shape.SCALAR, 5L)))
        .containsExactly(5);
  }

  @Test
  void concatPutsTensorsSideBySide() {
    for (int axis = 0; axis < 4; axis++) {
      int a = axis;
      List<Tensor> in = new ArrayList<>();
      for (int size : List.of(3, 0, 1, 40)) {
        List<Integer> dims = new ArrayList<>(List.of(2, 5, 6, 7));
        dims.set(axis, size);
        in.add(Cells.random(random, new Shape(dims)));
      }
      Tensor out = Harness.run(new Op.Concat(axis), in.toArray(Tensor[]::new));
      assertThat(out.shape().dim(axis)).isEqualTo(44);
      Cells.assertCells(
          out,
          at -> {
            int[] from = at.clone();
            int i = 0;
            while (from[a] >= in.get(i).shape().dim(a)) {
              from[a] -= in.get(i++).shape().dim(a);
            }
            return Cells.get(in.get(i), from);
          });
    }
  }

  @Test
  void expandRepeats() {
    for (Shape from : List.of(Shape.SCALAR, Shape.of(5), Shape.of(3, 1), Shape.of(2, 1, 5))) {
      Tensor x = Cells.random(random, DType.INT64, from);
      Tensor out = Harness.run(new Op.Expand(Shape.of(4, 2, 3, 5)), x);
      Cells.assertCells(out, at -> Cells.broadcast(x, at));
    }
    assertThat(Harness.run(new Op.Expand(Shape.of(0, 2)), Tensor.of(Shape.SCALAR, 1L)).toLongs())
        .isEmpty();
  }

  @Test
  void reshapeKeepsTheOrder() {
    for (List<Shape> s :
        List.of(
            List.of(Shape.of(4, 6), Shape.of(24)),
            List.of(Shape.of(4, 6), Shape.of(8, 3)),
            List.of(Shape.of(4, 6), Shape.of(2, 12)),
            List.of(Shape.of(4, 6), Shape.of(3, 8)),
            List.of(Shape.of(1, 1), Shape.SCALAR),
            List.of(Shape.of(0, 3), Shape.of(5, 0)),
            List.of(Shape.of(64, 300), Shape.of(300, 64)),
            List.of(Shape.of(64, 300), Shape.of(64, 3, 100)))) {
      Tensor x = Cells.random(random, s.get(0));
      Harness.assertSameBits(Harness.run(new Op.Reshape(s.get(1)), x), x.reshape(s.get(1)));
    }
  }

  @Test
  void gatherPicksSlices() {
    Tensor x = Cells.random(random, Shape.of(3, 5, 4));
    for (int axis = 0; axis < 3; axis++) {
      int a = axis;
      Tensor indices = Cells.of(DType.INT32, Shape.of(2, 2), at -> at[0] == at[1] ? -1 : at[0] * 2);
      Tensor out = Harness.run(new Op.Gather(axis), x, indices);
      assertThat(out.shape().rank()).isEqualTo(4);
      Cells.assertCells(
          out,
          at -> {
            int index = (int) Cells.get(indices, at[a], at[a + 1]);
            int[] from = new int[3];
            System.arraycopy(at, 0, from, 0, a);
            System.arraycopy(at, a + 2, from, a + 1, 2 - a);
            from[a] = index < 0 ? index + x.shape().dim(a) : index;
            return Cells.get(x, from);
          });
    }
  }

  @Test
  void gatherOfAScalarIndexDropsTheAxis() {
    Tensor shape = Tensor.of(Shape.of(4), 1L, 3L, 224L, 225L);
    Tensor out = Harness.run(new Op.Gather(0), shape, Tensor.of(Shape.SCALAR, -1L));
    assertThat(out.shape()).isEqualTo(Shape.SCALAR);
    assertThat(out.toLongs()).containsExactly(225);
    assertThat(Harness.longs(new Op.Gather(0), shape, Tensor.of(Shape.of(0), new long[0])))
        .isEmpty();
  }

  @Test
  void gatherOutsideIsATypedError() {
    Tensor x = Tensor.of(Shape.of(3), 1L, 2L, 3L);
    for (long index : new long[] {3, -4, Long.MAX_VALUE, Long.MIN_VALUE}) {
      assertThatThrownBy(() -> Harness.run(new Op.Gather(0), x, Tensor.of(Shape.of(1), index)))
          .isInstanceOf(ShapeException.class)
          .hasMessageContaining("index " + index + " is outside axis 0 of 3 elements");
    }
  }

  @Test
  void scatterReplacesPartsInOrder() {
    Tensor x = Cells.list(DType.INT64, 1, 2, 3, 4, 5, 6, 7, 8);
    Tensor indices = Tensor.of(Shape.of(5, 1), 4L, 3L, -1L, 7L, 4L);
    Tensor updates = Cells.list(DType.INT64, 9, 10, 11, 12, 13);
    assertThat(Harness.longs(new Op.Scatter(Op.ScatterReduction.REPLACE), x, indices, updates))
        .containsExactly(1, 2, 3, 10, 13, 6, 7, 12);
    for (DType dtype : DType.values()) {
      Tensor cube = Cells.random(random, dtype, Shape.of(3, 4, 5));
      Tensor rows = Cells.random(random, dtype, Shape.of(2, 1, 5));
      Tensor out =
          Harness.run(
              new Op.Scatter(Op.ScatterReduction.REPLACE),
              cube,
              Tensor.of(Shape.of(2, 1, 2), 0L, 3L, 2L, -4L),
              rows);
      Cells.assertCells(
          out,
          at -> {
            boolean first = at[0] == 0 && at[1] == 3;
            boolean second = at[0] == 2 && at[1] == 0;
            return first || second
                ? Cells.get(rows, first ? 0 : 1, 0, at[2])
                : Cells.get(cube, at[0], at[1], at[2]);
          });
    }
  }

  @Test
  void scatterOutsideIsATypedError() {
    Tensor x = Cells.list(DType.INT64, 1, 2, 3);
    Tensor one = Cells.list(DType.INT64, 9);
    assertThatThrownBy(() ->
            Harness.run(
                new Op.Scatter(Op.ScatterReduction.REPLACE),
                x,
                Tensor.of(Shape.of(1, 1), -4L),
                one))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("index -4 is outside axis 0 of 3 elements");
  }

  @Test
  void padFollowsItsMode() {
    Tensor x = Cells.list(DType.INT32, 1, 2, 3, 4);
    assertThat(pad(Op.PadMode.CONSTANT, 2, 1, x)).containsExactly(9, 9, 1, 2, 3, 4, 9);
    assertThat(pad(Op.PadMode.EDGE, 2, 1, x)).containsExactly(1, 1, 1, 2, 3, 4, 4);
    assertThat(pad(Op.PadMode.REFLECT, 3, 2, x)).containsExactly(4, 3, 2, 1, 2, 3, 4, 3, 2);
    assertThat(pad(Op.PadMode.CONSTANT, -1, -2, x)).containsExactly(2);
    assertThat(pad(Op.PadMode.CONSTANT, -3, 2, x)).containsExactly(4, 9, 9);
    assertThat(pad(Op.PadMode.CONSTANT, -6, 4, x)).containsExactly(9, 9);
    assertThat(pad(Op.PadMode.CONSTANT, 1, 1, Cells.list(DType.INT32))).containsExactly(9, 9);
  }

  private static long[] pad(Op.PadMode mode, int before, int after, Tensor x) {
    return Harness.longs(new Op.Pad(mode, List.of(before), List.of(after), 9), x);
  }

  @Test
  void padsImagesInBlocksOfChannels() {
    for (DType dtype : DType.values()) {
      Tensor x = Cells.random(random, dtype, Shape.of(2, 19, 23, 11));
      Op pad = new Op.Pad(Op.PadMode.CONSTANT, List.of(0, 1, 2, 0), List.of(0, 3, -4, 0), 1);
      Cells.assertCells(
          Harness.run(pad, x),
          at -> {
            int y = at[1] - 1;
            int z = at[2] - 2;
            return y < 0 || y >= 19 || z < 0 ? 1 : Cells.get(x, at[0], y, z, at[3]);
          });
    }
  }

  @Test
  void padWithInfinity() {
    Op pad =
        new Op.Pad(Op.PadMode.CONSTANT, List.of(1, 1), List.of(0, 0), Double.NEGATIVE_INFINITY);
    assertThat(Harness.floats(pad, Tensor.of(Shape.of(1, 1), 5f)))
        .containsExactly(
            Float.NEGATIVE_INFINITY, Float.NEGATIVE_INFINITY, Float.NEGATIVE_INFINITY, 5);
  }
}
