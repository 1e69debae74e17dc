package dev.tilewright.op;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.CoordinateTransform;
import dev.tilewright.graph.Op.Interpolation;
import dev.tilewright.graph.Op.NearestMode;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class ResizeTest {
  private final Random random = new Random(19);

  private static Op.Resize resize(
      Interpolation interpolation,
      CoordinateTransform transform,
      NearestMode nearest,
      Shape from,
      Shape to) {
    List<Double> scales = new ArrayList<>();
    for (int i = 0; i < from.rank(); i++) {
      scales.add((double) to.dim(i) / from.dim(i));
    }
    return new Op.Resize(interpolation, transform, nearest, -0.75, scales, to);
  }

  private static float[] line(
      Interpolation interpolation, CoordinateTransform transform, int out, float... in) {
    Shape from = Shape.of(in.length);
    Op op = resize(interpolation, transform, NearestMode.ROUND_PREFER_FLOOR, from, Shape.of(out));
    return Harness.floats(op, Tensor.of(from, in));
  }

  @Test
  void nearestRepeatsPixels() {
    Shape from = Shape.of(1, 2, 2, 1);
    Op op =
        resize(
            Interpolation.NEAREST,
            CoordinateTransform.ASYMMETRIC,
            NearestMode.FLOOR,
            from,
            Shape.of(1, 4, 6, 1));
    assertThat(Harness.floats(op, Tensor.of(from, 1f, 2f, 3f, 4f)))
        .containsExactly(1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 3, 3, 3, 4, 4, 4);
  }

  @Test
  void nearestModesDifferWhereTheCoordinateIsHalfWay() {
    // Coordinates 0, 0.5, 1, 1.5, 2, 2.5.
    float[] in = {0, 1, 2};
    assertThat(nearest(NearestMode.ROUND_PREFER_FLOOR, in)).containsExactly(0, 0, 1, 1, 2, 2);
    assertThat(nearest(NearestMode.ROUND_PREFER_CEIL, in)).containsExactly(0, 1, 1, 2, 2, 2);
    assertThat(nearest(NearestMode.FLOOR, in)).containsExactly(0, 0, 1, 1, 2, 2);
    assertThat(nearest(NearestMode.CEIL, in)).containsExactly(0, 1, 1, 2, 2, 2);
  }

  private static float[] nearest(NearestMode mode, float... in) {
    Shape from = Shape.of(3);
    Op op = resize(Interpolation.NEAREST, CoordinateTransform.ASYMMETRIC, mode, from, Shape.of(6));
    return Harness.floats(op, Tensor.of(from, in));
  }

  @Test
  void linearFollowsTheCoordinateTransform() {
    assertThat(line(Interpolation.LINEAR, CoordinateTransform.HALF_PIXEL, 4, 1, 2))
        .containsExactly(1, 1.25f, 1.75f, 2);
    assertThat(line(Interpolation.LINEAR, CoordinateTransform.ALIGN_CORNERS, 4, 1, 2))
        .containsExactly(1, 4 / 3f, 5 / 3f, 2);
    assertThat(line(Interpolation.LINEAR, CoordinateTransform.ASYMMETRIC, 4, 1, 2))
        .containsExactly(1, 1.5f, 2, 2);
    assertThat(line(Interpolation.LINEAR, CoordinateTransform.PYTORCH_HALF_PIXEL, 4, 1, 2))
        .containsExactly(1, 1.25f, 1.75f, 2);
  }

  @Test
  void oneOutputTakesTheFirstSampleOrTheMiddle() {
    assertThat(line(Interpolation.LINEAR, CoordinateTransform.HALF_PIXEL, 1, 1, 2))
        .containsExactly(1.5f);
    assertThat(line(Interpolation.LINEAR, CoordinateTransform.PYTORCH_HALF_PIXEL, 1, 1, 2))
        .containsExactly(1);
    assertThat(line(Interpolation.LINEAR, CoordinateTransform.ALIGN_CORNERS, 1, 1, 2))
        .containsExactly(1);
  }

  @Test
  void cubicMatchesTheKernelByHand() {
    // At 0.25 past a sample with a = -0.75 the weights are -27, 225, 67, -9 over 256 (1 in sum).
    double[] weights = {-0.10546875, 0.87890625, 0.26171875, -0.03515625};
    float[] in = {1, 5, 2, 8};
    double expected = 0;
    for (int i = 0; i < 4; i++) {
      expected += weights[i] * in[i];
    }
    // Output 3 of 8: (3 + 0.5) / 2 - 0.5 = 1.25.
    assertThat(line(Interpolation.CUBIC, CoordinateTransform.HALF_PIXEL, 8, in)[3])
        .isCloseTo((float) expected, Offset.offset(1e-6f));
  }

  @Test
  void cubicRepeatsTheEdge() {
    // Output 0 of 8: -0.25 is 0.75 past the sample -1, which is the edge again.
    double expected = (-0.03515625 + 0.26171875 + 0.87890625) * 1 - 0.10546875 * 5;
    assertThat(line(Interpolation.CUBIC, CoordinateTransform.HALF_PIXEL, 8, 1, 5, 2, 8)[0])
        .isCloseTo((float) expected, Offset.offset(1e-6f));
  }

  @Test
  void constantImagesStayConstant() {
    for (Interpolation interpolation : Interpolation.values()) {
      for (CoordinateTransform transform : CoordinateTransform.values()) {
        for (NearestMode mode : NearestMode.values()) {
          Shape from = Shape.of(2, 5, 3, 4);
          Op op = resize(interpolation, transform, mode, from, Shape.of(2, 3, 8, 4));
          Cells.assertCells(Harness.run(op, Cells.floats(from, at -> 3)), at -> 3);
        }
      }
    }
  }

  @Test
  void twoAxesAtOnceAreOneAfterTheOther() {
    for (Interpolation interpolation : Interpolation.values()) {
      Shape from = Shape.of(1, 9, 7, 13);
      Shape half = Shape.of(1, 21, 7, 13);
      Shape to = Shape.of(1, 21, 5, 13);
      CoordinateTransform transform = CoordinateTransform.HALF_PIXEL;
      NearestMode mode = NearestMode.ROUND_PREFER_FLOOR;
      Tensor x = Cells.random(random, from);
      Tensor rows = Harness.run(resize(interpolation, transform, mode, from, half), x);
      Tensor both = Harness.run(resize(interpolation, transform, mode, half, to), rows);
      Tensor once = Harness.run(resize(interpolation, transform, mode, from, to), x);
      for (int i = 0; i < once.toFloats().length; i++) {
        // Between the two passes values of magnitude below 8 are rounded once more.
        assertThat(once.toFloats()[i])
            .isCloseTo(both.toFloats()[i], Offset.offset(4 * Math.ulp(8f)));
      }
    }
  }

  @Test
  void sameSizeIsTheSameImageEvenWithInfinities() {
    float[] in = {1, Float.POSITIVE_INFINITY, 3};
    for (Interpolation interpolation : Interpolation.values()) {
      assertThat(line(interpolation, CoordinateTransform.HALF_PIXEL, 3, in)).containsExactly(in);
    }
    assertThat(line(Interpolation.LINEAR, CoordinateTransform.ALIGN_CORNERS, 5, in))
        .containsExactly(1, in[1], in[1], in[1], 3);
  }

  @Test
  void emptyAndScalarTensorsPass() {
    Op empty =
        new Op.Resize(
            Interpolation.LINEAR,
            CoordinateTransform.HALF_PIXEL,
            NearestMode.FLOOR,
            -0.75,
            List.of(1.0, 2.0),
            Shape.of(0, 6));
    assertThat(Harness.floats(empty, Cells.floats(Shape.of(0, 3), at -> 0))).isEmpty();
    Op scalar =
        resize(
            Interpolation.CUBIC,
            CoordinateTransform.HALF_PIXEL,
            NearestMode.FLOOR,
            Shape.SCALAR,
            Shape.SCALAR);
    assertThat(Harness.floats(scalar, Tensor.of(Shape.SCALAR, 4f))).containsExactly(4);
  }
}
