package dev.tilewright.op;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.conv.ConvShape.Padding;
import dev.tilewright.conv.ConvShape.Size;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.PoolKind;
import dev.tilewright.graph.Op.Window;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ImageTest {
  private static final Padding NO_PAD = new Padding(0, 0, 0, 0);
  private static final Size ONE = new Size(1, 1);

  private final Random random = new Random(17);

  private static double pool(Op.Pool op, Tensor x, int[] at) {
    Window w = op.window();
    double sum = 0;
    double max = Double.NEGATIVE_INFINITY;
    int inside = 0;
    int padded = 0;
    for (int fy = 0; fy < w.kernel().height(); fy++) {
      for (int fx = 0; fx < w.kernel().width(); fx++) {
        int y = at[1] * w.stride().height() + fy * w.dilation().height() - w.pad().top();
        int z = at[2] * w.stride().width() + fx * w.dilation().width() - w.pad().left();
        int height = x.shape().dim(1);
        int width = x.shape().dim(2);
        if (y < height + w.pad().bottom() && z < width + w.pad().right()) {
          padded++;
        }
        if (y >= 0 && z >= 0 && y < height && z < width) {
          double v = Cells.get(x, at[0], y, z, at[3]);
          inside++;
          sum += v;
          max = Math.max(max, v);
        }
      }
    }
    return op.kind() == PoolKind.MAX ? max : sum / (op.countPad() ? padded : inside);
  }

  @Test
  void poolsWithEveryKindOfWindow() {
    List<Window> windows =
        List.of(
            new Window(new Size(2, 2), new Size(2, 2), ONE, NO_PAD),
            new Window(new Size(3, 3), new Size(2, 2), ONE, new Padding(1, 1, 1, 1)),
            new Window(new Size(3, 2), new Size(1, 3), new Size(2, 1), new Padding(2, 0, 1, 1)),
            new Window(new Size(1, 1), new Size(3, 3), ONE, NO_PAD));
    for (Shape shape :
        List.of(Shape.of(1, 7, 8, 3), Shape.of(3, 6, 5, 1), Shape.of(2, 17, 19, 9))) {
      Tensor x = Cells.random(random, shape);
      for (Window w : windows) {
        for (int ceil = 0; ceil < 2; ceil++) {
          Size out =
              new Size(
                  out(
                      shape.dim(1),
                      w.kernel().height(),
                      w.stride().height(),
                      w.dilation().height(),
                      w.pad().top() + w.pad().bottom(),
                      ceil == 1),
                  out(
                      shape.dim(2),
                      w.kernel().width(),
                      w.stride().width(),
                      w.dilation().width(),
                      w.pad().left() + w.pad().right(),
                      ceil == 1));
          for (PoolKind kind : PoolKind.values()) {
            for (boolean countPad : List.of(false, true)) {
              Op.Pool op = new Op.Pool(kind, w, out, countPad);
              Cells.assertCells(Harness.run(op, x), at -> pool(op, x, at));
            }
          }
        }
      }
    }
  }

  private static int out(int in, int kernel, int stride, int dilation, int pads, boolean ceil) {
    int room = in + pads - (kernel - 1) * dilation - 1;
    int out = (ceil ? Math.ceilDiv(room, stride) : room / stride) + 1;
    return (out - 1) * stride >= in + pads ? out - 1 : out; // no window may start after the padding
  }

  @Test
  void overhangIsNotCountedAsPadding() {
    // Five columns, windows of 3 with stride 3, one column of padding on the right: the second
    // window holds columns 3, 4 and the padding. With six wanted it would hang over.
    Tensor x = Tensor.of(Shape.of(1, 1, 5, 1), 1f, 2f, 3f, 4f, 8f);
    Window w = new Window(new Size(1, 3), new Size(1, 3), ONE, new Padding(0, 0, 0, 1));
    assertThat(average(w, 2, true, x)).containsExactly(2, 4);
    assertThat(average(w, 2, false, x)).containsExactly(2, 6);
    Window over = new Window(new Size(1, 4), new Size(1, 3), ONE, new Padding(0, 0, 0, 1));
    assertThat(average(over, 2, true, x)).containsExactly(2.5f, 4);
  }

  private static float[] average(Window w, int width, boolean countPad, Tensor x) {
    return Harness.floats(new Op.Pool(PoolKind.AVERAGE, w, new Size(1, width), countPad), x);
  }

  @Test
  void maxPoolPropagatesNanAndKeepsNegativeValuesBesidePadding() {
    Tensor x = Tensor.of(Shape.of(1, 1, 4, 1), -5f, -6f, Float.NaN, 1f);
    Window w = new Window(new Size(1, 2), new Size(1, 2), ONE, new Padding(0, 1, 0, 1));
    Op op = new Op.Pool(PoolKind.MAX, w, new Size(1, 3), false);
    assertThat(Harness.floats(op, x)).containsExactly(-5, Float.NaN, 1);
  }

  @Test
  void transposedConvolutionIsTheScatterOfItsInput() {
    record Case(Window window, int groups, Padding extra, Shape src, int perGroup) {}
    for (Case c :
        List.of(
            new Case(
                new Window(new Size(2, 2), new Size(2, 2), ONE, NO_PAD),
                1,
                NO_PAD,
                Shape.of(1, 3, 4, 2),
                3),
            new Case(
                new Window(new Size(3, 3), ONE, ONE, new Padding(1, 1, 1, 1)),
                1,
                NO_PAD,
                Shape.of(2, 5, 4, 3),
                2),
            new Case(
                new Window(new Size(3, 2), new Size(2, 3), new Size(2, 1), new Padding(1, 0, 2, 1)),
                2,
                new Padding(0, 0, 1, 2),
                Shape.of(2, 4, 3, 4),
                3),
            new Case(
                new Window(new Size(4, 4), new Size(2, 2), ONE, new Padding(1, 1, 1, 1)),
                6,
                NO_PAD,
                Shape.of(1, 9, 11, 6),
                1),
            new Case(
                new Window(ONE, new Size(3, 3), ONE, NO_PAD),
                1,
                NO_PAD,
                Shape.of(1, 2, 2, 1),
                1))) {
      for (boolean biased : List.of(false, true)) {
        Op.ConvTranspose op = new Op.ConvTranspose(c.window, c.groups, c.extra, biased);
        Tensor src = Cells.random(random, c.src);
        Size kernel = c.window.kernel();
        Tensor filter =
            Cells.random(
                random, Shape.of(c.src.last(), c.perGroup, kernel.height(), kernel.width()));
        Tensor bias = Cells.random(random, Shape.of(c.perGroup * c.groups));
        Tensor out = biased ? Harness.run(op, src, filter, bias) : Harness.run(op, src, filter);
        double[][][][] expected = scatter(op, src, filter, out.shape());
        Cells.assertCells(
            out,
            at -> expected[at[0]][at[1]][at[2]][at[3]] + (biased ? Cells.get(bias, at[3]) : 0));
      }
    }
  }

  private static double[][][][] scatter(Op.ConvTranspose op, Tensor src, Tensor filter, Shape out) {
    double[][][][] dst = new double[out.dim(0)][out.dim(1)][out.dim(2)][out.dim(3)];
    Window w = op.window();
    int channelsPerGroup = src.shape().last() / op.groups();
    Cells.forEach(
        src.shape(),
        at ->
            Cells.forEach(
                new Shape(filter.shape().dims().subList(1, 4)),
                f -> {
                  int y = at[1] * w.stride().height() + f[1] * w.dilation().height();
                  int x = at[2] * w.stride().width() + f[2] * w.dilation().width();
                  y -= w.pad().top();
                  x -= w.pad().left();
                  if (y >= 0 && x >= 0 && y < out.dim(1) && x < out.dim(2)) {
                    int k = at[3] / channelsPerGroup * filter.shape().dim(1) + f[0];
                    dst[at[0]][y][x][k] +=
                        Cells.get(src, at) * Cells.get(filter, at[3], f[0], f[1], f[2]);
                  }
                }));
    return dst;
  }
}
