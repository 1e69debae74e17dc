package dev.tilewright.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tilewright.conv.ConvShape.Padding;
import dev.tilewright.conv.ConvShape.Size;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.Interpolation;
import dev.tilewright.graph.Op.Outside;
import dev.tilewright.graph.ShapeException;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Images read at places that data says; the oracles take the definitions sample by sample. */
class SamplingTest {
  private final Random random = new Random(23);

  @Test
  void samplesLinearlyWhereverTheGridSays() {
    Tensor x = Cells.random(random, Shape.of(2, 5, 6, 19));
    Tensor grid = Cells.floats(Shape.of(2, 4, 7, 2), at -> 3 * random.nextDouble() - 1.5);
    for (Outside outside : Outside.values()) {
      for (boolean corners : new boolean[] {false, true}) {
        Op op = new Op.GridSample(Interpolation.LINEAR, outside, corners);
        Cells.assertCells(
            Harness.run(op, x, grid),
            at -> {
              double h = inside(Cells.get(grid, at[0], at[1], at[2], 1), 5, outside, corners);
              double w = inside(Cells.get(grid, at[0], at[1], at[2], 0), 6, outside, corners);
              int y = (int) Math.floor(h);
              int z = (int) Math.floor(w);
              double down = h - y;
              double right = w - z;
              return (1 - down) * (1 - right) * pixel(x, at, y, z)
                  + (1 - down) * right * pixel(x, at, y, z + 1)
                  + down * (1 - right) * pixel(x, at, y + 1, z)
                  + down * right * pixel(x, at, y + 1, z + 1);
            });
      }
    }
  }

  /** Moves the coordinate itself into the image, as the first implementation did. */
  private static double inside(double normal, int size, Outside outside, boolean corners) {
    double x = corners ? (normal + 1) / 2 * (size - 1) : ((normal + 1) * size - 1) / 2;
    double low = corners ? 0 : -0.5;
    double high = corners ? size - 1 : size - 0.5;
    if (outside == Outside.REFLECTION) {
      while (x < low || x > high) {
        x = x < low ? 2 * low - x : 2 * high - x;
      }
    }
    return outside == Outside.ZEROS ? x : Math.clamp(x, 0, size - 1);
  }

  private static double pixel(Tensor x, int[] at, int y, int z) {
    boolean inside = y >= 0 && z >= 0 && y < x.shape().dim(1) && z < x.shape().dim(2);
    return inside ? Cells.get(x, at[0], y, z, at[3]) : 0;
  }

  @Test
  void nearestAndCubicMeetThePixels() {
    Tensor x = Cells.random(random, Shape.of(1, 3, 4, 5));
    Tensor grid =
        Cells.floats(Shape.of(1, 3, 4, 2), at -> at[3] == 0 ? at[2] * 2 / 3.0 - 1 : at[1] - 1);
    for (Interpolation interpolation : Interpolation.values()) {
      Op op = new Op.GridSample(interpolation, Outside.BORDER, true);
      float[] sampled = Harness.floats(op, x, grid);
      float[] pixels = x.toFloats();
      for (int i = 0; i < pixels.length; i++) {
        assertThat(sampled[i]).isCloseTo(pixels[i], org.assertj.core.api.Assertions.offset(1e-6f));
      }
    }
  }

  @Test
  void poolsRegionsSampleBySample() {
    Tensor x = Cells.random(random, Shape.of(2, 9, 8, 5));
    Tensor regions =
        Cells.floats(
            Shape.of(11, 4),
            at -> (at[1] < 2 ? 8 : 14) * random.nextDouble() - (at[1] < 2 ? 3 : 0));
    Tensor images = Cells.of(DType.INT64, Shape.of(11), at -> random.nextInt(2));
    for (boolean max : new boolean[] {false, true}) {
      for (boolean half : new boolean[] {false, true}) {
        for (int ratio = 0; ratio < 3; ratio++) {
          Op.RoiAlign op = new Op.RoiAlign(max, 3, 2, ratio, 0.75f, half);
          Cells.assertCells(
              Harness.run(op, x, regions, images), at -> bin(op, x, regions, images, at));
        }
      }
    }
  }

  private static double bin(Op.RoiAlign op, Tensor x, Tensor regions, Tensor images, int[] at) {
    double offset = op.halfPixel() ? 0.5 : 0;
    double left = Cells.get(regions, at[0], 0) * op.scale() - offset;
    double top = Cells.get(regions, at[0], 1) * op.scale() - offset;
    double width = Cells.get(regions, at[0], 2) * op.scale() - offset - left;
    double height = Cells.get(regions, at[0], 3) * op.scale() - offset - top;
    width = (op.halfPixel() ? width : Math.max(1, width)) / op.width();
    height = (op.halfPixel() ? height : Math.max(1, height)) / op.height();
    int down = op.samplingRatio() > 0 ? op.samplingRatio() : (int) Math.ceil(height);
    int across = op.samplingRatio() > 0 ? op.samplingRatio() : (int) Math.ceil(width);
    int image = (int) Cells.get(images, at[0]);
    double sum = 0;
    double largest = down > 0 && across > 0 ? Double.NEGATIVE_INFINITY : 0;
    for (int i = 0; i < down; i++) {
      for (int j = 0; j < across; j++) {
        double y = top + at[1] * height + (i + 0.5) * height / down;
        double z = left + at[2] * width + (j + 0.5) * width / across;
        boolean outside = y < -1 || z < -1 || y > x.shape().dim(1) || z > x.shape().dim(2);
        y = Math.clamp(y, 0, x.shape().dim(1) - 1);
        z = Math.clamp(z, 0, x.shape().dim(2) - 1);
        for (int corner = 0; corner < 4; corner++) {
          int row = Math.min((int) y + corner / 2, x.shape().dim(1) - 1);
          int column = Math.min((int) z + corner % 2, x.shape().dim(2) - 1);
          double weight =
              (corner / 2 == 0 ? 1 - (y - (int) y) : y - (int) y)
                  * (corner % 2 == 0 ? 1 - (z - (int) z) : z - (int) z);
          double value = outside ? 0 : weight * Cells.get(x, image, row, column, at[3]);
          sum += value;
          largest = Math.max(largest, value);
        }
      }
    }
    return op.max() ? largest : sum / Math.max(1, down * across);
  }

  @Test
  void noRegionsAndImpossibleOnes() {
    Tensor x = Cells.random(random, Shape.of(1, 4, 4, 3));
    Op op = new Op.RoiAlign(false, 2, 2, 0, 1, true);
    Tensor none = Cells.floats(Shape.of(0, 4), at -> 0);
    Tensor noImages = Cells.of(DType.INT64, Shape.of(0), at -> 0);
    assertThat(Harness.run(op, x, none, noImages).shape()).isEqualTo(Shape.of(0, 2, 2, 3));
    Tensor one = Cells.floats(Shape.of(1, 4), at -> at[1] < 2 ? 0 : 1e9);
    Tensor third = Cells.of(DType.INT64, Shape.of(1), at -> 2);
    assertThatThrownBy(() -> Harness.run(op, x, one, third))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("index 2 is outside axis 0");
    Tensor first = Cells.of(DType.INT64, Shape.of(1), at -> 0);
    assertThatThrownBy(() -> Harness.run(op, x, one, first))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("region of interest");
  }

  @Test
  void dividesByTheSquaresAround() {
    for (int size = 1; size < 7; size++) {
      for (float beta : new float[] {0.5f, 0.75f, 0.6f}) {
        Op.LocalNorm op = new Op.LocalNorm(size, 0.3f, beta, 1.5f);
        Tensor x = Cells.random(random, Shape.of(3, 5));
        Cells.assertCells(
            Harness.run(op, x),
            at -> {
              double sum = 0;
              for (int c = 0; c < 5; c++) {
                boolean near = c >= at[1] - (op.size() - 1) / 2 && c <= at[1] + op.size() / 2;
                sum += near ? Math.pow(Cells.get(x, at[0], c), 2) : 0;
              }
              double base = op.bias() + (double) op.alpha() / op.size() * sum;
              return Cells.get(x, at) / Math.pow(base, op.beta());
            });
      }
    }
  }

  @Test
  void namesThePlacesOfMaxima() {
    Tensor x = Cells.floats(Shape.of(2, 7, 5, 3), at -> random.nextInt(6));
    Op.Window window =
        new Op.Window(new Size(3, 2), new Size(2, 1), new Size(1, 2), new Padding(1, 0, 1, 1));
    for (boolean columnMajor : new boolean[] {false, true}) {
      Op op = new Op.MaxPositions(window, new Size(4, 4), columnMajor);
      Cells.assertCells(
          Harness.run(op, x),
          at -> {
            double most = Double.NEGATIVE_INFINITY;
            int[] best = new int[2];
            for (int y = 2 * at[1] - 1; y < 2 * at[1] + 2; y++) {
              for (int z = at[2]; z < at[2] + 3; z += 2) {
                if (y >= 0 && y < 7 && z < 5 && Cells.get(x, at[0], y, z, at[3]) > most) {
                  most = Cells.get(x, at[0], y, z, at[3]);
                  best = new int[] {y, z};
                }
              }
            }
            return (at[0] * 3 + at[3]) * 35
                + (columnMajor ? best[1] * 7 + best[0] : best[0] * 5 + best[1]);
          });
    }
  }
}
