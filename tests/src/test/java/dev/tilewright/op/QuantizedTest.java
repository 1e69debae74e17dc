package dev.tilewright.op;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.conv.ConvShape.Padding;
import dev.tilewright.conv.ConvShape.Size;
import dev.tilewright.graph.Op;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Quantisation and exact integer products. */
class QuantizedTest {
  private static final Op DEQUANTIZE = new Op.Dequantize();

  private final Random random = new Random(17);

  @Test
  void tiesGoToTheEvenNeighbour() {
    Tensor x = Cells.list(DType.FLOAT32, -2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.4999998, 3.5);
    assertThat(quantize(DType.INT8, x, 1, 0)).containsExactly(-2, -2, 0, 0, 2, 2, 3, 4);
    // The quotient is rounded, then the zero point is added: an odd one does not move the ties.
    assertThat(quantize(DType.INT8, x, 1, -1)).containsExactly(-3, -3, -1, -1, 1, 1, 2, 3);
    assertThat(quantize(DType.UINT8, x, 0.5, 7)).containsExactly(2, 4, 6, 8, 10, 12, 14, 14);
  }

  @Test
  void resultsSaturate() {
    double inf = Double.POSITIVE_INFINITY;
    Tensor x = Cells.list(DType.FLOAT32, -inf, -1e30, -129, -128, -1, 127, 128, 255, 256, inf);
    assertThat(quantize(DType.INT8, x, 1, 0))
        .containsExactly(-128, -128, -128, -128, -1, 127, 127, 127, 127, 127);
    assertThat(quantize(DType.UINT8, x, 1, 0))
        .containsExactly(0, 0, 0, 0, 0, 127, 128, 255, 255, 255);
    assertThat(quantize(DType.UINT8, x, 1, 128))
        .containsExactly(0, 0, 0, 0, 127, 255, 255, 255, 255, 255);
    assertThat(quantize(DType.INT16, x, 1e-2, 0))
        .containsExactly(-32768, -32768, -12900, -12800, -100, 12700, 12800, 25500, 25600, 32767);
    assertThat(quantize(DType.UINT16, x, 1e-2, 60000))
        .containsExactly(0, 0, 47100, 47200, 59900, 65535, 65535, 65535, 65535, 65535);
    assertThat(quantize(DType.INT8, Cells.list(DType.FLOAT32, Double.NaN), 1, 5))
        .containsExactly(5);
  }

  @Test
  void scalesAndZeroPointsBroadcast() {
    Tensor x = Cells.floats(Shape.of(2, 3, 5), at -> at[0] * 10 + at[1] - at[2]);
    Tensor scale = Cells.floats(Shape.of(3, 1), at -> 1 << at[0]);
    Tensor zero = Cells.of(DType.INT8, Shape.of(3, 1), at -> at[0] - 1);
    Tensor y = Harness.run(new Op.Quantize(DType.INT8), x, scale, zero);
    Cells.assertCells(y, at -> Math.rint(Cells.get(x, at) / (1 << at[1])) + at[1] - 1);
    Cells.assertCells(
        Harness.run(DEQUANTIZE, y, scale, zero),
        at -> (Cells.get(y, at) - (at[1] - 1)) * (1 << at[1]));
    Tensor empty = Cells.floats(Shape.of(2, 0, 5), at -> 0);
    Tensor none = Cells.list(DType.INT8, 0);
    assertThat(
            Harness.run(new Op.Quantize(DType.INT8), empty, Cells.list(DType.FLOAT32, 1), none)
                .shape())
        .isEqualTo(empty.shape());
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      mode = EnumSource.Mode.EXCLUDE,
      names = {"FLOAT32", "BOOL"})
  void dequantisesEveryInteger(DType type) {
    long least = Elements.least(type);
    Tensor x = Cells.list(type, 0, 1, 100, (double) Math.max(least, -(1L << 40)));
    Tensor y = Harness.run(DEQUANTIZE, x, Cells.list(DType.FLOAT32, 0.5), Cells.list(type, 2));
    Cells.assertCells(y, at -> (Cells.get(x, at) - 2) * 0.5);
  }

  @Test
  void sumsBeyondTheDigitsOfAFloatAreExact() {
    // 255 * 127 * 4099 = 2^26.98: odd, so no float32 holds it.
    Tensor a = Cells.of(DType.UINT8, Shape.of(1, 4099), at -> 255);
    Tensor b = Cells.of(DType.INT32, Shape.of(1, 4099), at -> 127);
    Tensor zero = Cells.list(DType.UINT8, 0);
    assertThat(Harness.longs(new Op.IntegerMatMul(), a, zero, b))
        .containsExactly(255L * 127 * 4099);
    Op conv = new Op.IntegerConv(window(1, 1, 1, 0), 1, false);
    assertThat(
            Harness.longs(
                conv, a.reshape(Shape.of(1, 1, 1, 4099)), zero, b.reshape(Shape.of(1, 1, 1, 4099))))
        .containsExactly(255L * 127 * 4099);
  }

  @Test
  void convolutionsAgreeWithPlainLoops() {
    for (DType type : List.of(DType.UINT8, DType.INT8)) {
      conv(type, Shape.of(2, 5, 7, 6), 4, 1, window(3, 1, 1, 1));
      conv(type, Shape.of(1, 8, 8, 3), 5, 1, window(3, 2, 1, 1));
      conv(type, Shape.of(1, 9, 7, 4), 6, 2, window(3, 1, 2, 2));
      conv(type, Shape.of(1, 6, 6, 8), 8, 8, window(3, 1, 1, 1));
      conv(type, Shape.of(1, 6, 6, 4), 8, 4, window(5, 2, 1, 2));
      conv(type, Shape.of(3, 4, 5, 33), 17, 1, window(1, 1, 1, 0));
      conv(type, Shape.of(1, 1, 1, 1), 1, 1, window(1, 1, 1, 0));
      conv(type, Shape.of(1, 3, 3, 2), 3, 1, window(2, 3, 1, 1));
    }
  }

  private void conv(DType type, Shape in, int k, int groups, Op.Window w) {
    Tensor src = values(type, in);
    Size kernel = w.kernel();
    int perGroup = in.dim(3) / groups;
    Tensor filter = values(DType.INT8, Shape.of(k, kernel.height(), kernel.width(), perGroup));
    Tensor wide = Cells.of(DType.INT32, filter.shape(), at -> Cells.get(filter, at) - 3);
    Tensor bias = Cells.of(DType.INT32, Shape.of(k), at -> random.nextInt(2000) - 1000);
    int z = type == DType.UINT8 ? 131 : -7;
    Tensor zero = Cells.list(type, z);
    for (boolean biased : new boolean[] {false, true}) {
      Op op = new Op.IntegerConv(w, groups, biased);
      Tensor dst =
          biased ? Harness.run(op, src, zero, wide, bias) : Harness.run(op, src, zero, wide);
      Cells.assertCells(
          dst,
          at -> {
            long sum = biased ? (long) Cells.get(bias, at[3]) : 0;
            for (int fy = 0; fy < kernel.height(); fy++) {
              for (int fx = 0; fx < kernel.width(); fx++) {
                int y = at[1] * w.stride().height() + fy * w.dilation().height() - w.pad().top();
                int x = at[2] * w.stride().width() + fx * w.dilation().width() - w.pad().left();
                if (y >= 0 && y < in.dim(1) && x >= 0 && x < in.dim(2)) {
                  int first = at[3] / (k / groups) * perGroup;
                  for (int c = 0; c < perGroup; c++) {
                    sum +=
                        ((long) Cells.get(src, at[0], y, x, first + c) - z)
                            * ((long) Cells.get(filter, at[3], fy, fx, c) - 3);
                  }
                }
              }
            }
            return sum;
          });
    }
  }

  @Test
  void productsBroadcastTheirBatches() {
    product(Shape.of(5, 7), Shape.of(3, 7), Shape.SCALAR);
    product(Shape.of(5, 7), Shape.of(3, 7), Shape.of(5, 1));
    product(Shape.of(2, 1, 4, 9), Shape.of(3, 6, 9), Shape.of(1, 1, 4, 1));
    product(Shape.of(4, 40), Shape.of(2, 3, 1, 40), Shape.SCALAR);
    product(Shape.of(2, 4, 0), Shape.of(3, 0), Shape.SCALAR);
  }

  private void product(Shape left, Shape right, Shape zeros) {
    for (DType type : List.of(DType.UINT8, DType.INT8)) {
      Tensor a = values(type, left);
      Tensor zero = Cells.of(type, zeros, at -> at.length > 1 ? at[at.length - 2] + 1 : 9);
      Tensor b = Cells.of(DType.INT32, right, at -> random.nextInt(511) - 255);
      Cells.assertCells(
          Harness.run(new Op.IntegerMatMul(), a, zero, b),
          at -> {
            long sum = 0;
            int[] row = at.clone();
            int[] column = at.clone();
            column[at.length - 2] = at[at.length - 1];
            for (int i = 0; i < left.last(); i++) {
              row[at.length - 1] = i;
              column[at.length - 1] = i;
              sum +=
                  ((long) Cells.broadcast(a, row) - (long) Cells.broadcast(zero, row))
                      * (long) Cells.broadcast(b, column);
            }
            return sum;
          });
    }
  }

  /** All values of the type, in random order. */
  private Tensor values(DType type, Shape shape) {
    return Cells.of(type, shape, at -> random.nextInt(256) + (double) Elements.least(type));
  }

  private static Op.Window window(int size, int stride, int dilation, int pad) {
    return new Op.Window(
        new Size(size, size),
        new Size(stride, stride),
        new Size(dilation, dilation),
        new Padding(pad, pad, Math.max(0, pad - 1), pad));
  }

  private static long[] quantize(DType type, Tensor x, double scale, double zero) {
    return Harness.longs(
        new Op.Quantize(type), x, Cells.list(DType.FLOAT32, scale), Cells.list(type, zero));
  }
}
