package dev.tilewright.vector;

import static dev.tilewright.vector.OperatorCheck.U;

import dev.tilewright.conv.ConvShape.Padding;
import dev.tilewright.conv.ConvShape.Size;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.CoordinateTransform;
import dev.tilewright.graph.Op.Interpolation;
import dev.tilewright.graph.Op.NearestMode;
import dev.tilewright.graph.Op.PoolKind;
import dev.tilewright.graph.Op.Window;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Pooling and resizing. */
interface ImagesAgree extends OperatorFixture {
  @Test
  default void poolsAgree() {
    for (int channels : channels()) {
      pools(channels);
    }
  }

  private void pools(int channels) {
    for (int i = 0; i < 100; i++) {
      int height = 1 + random().nextInt(14);
      int width = 1 + random().nextInt(14);
      Size kernel = new Size(1 + random().nextInt(4), 1 + random().nextInt(4));
      Size stride = new Size(1 + random().nextInt(3), 1 + random().nextInt(3));
      Size dilation = new Size(1 + random().nextInt(2), 1 + random().nextInt(2));
      pool(i, channels, height, width, kernel, stride, dilation);
    }
    for (int i = 0; i < 8; i++) { // windows that slide
      pool(i, channels, 9, 11, new Size(3, 3), new Size(1, 1), new Size(1, 1));
      pool(i, channels, 7, 1 + i / 2, new Size(2, 3), new Size(2, 1), new Size(2, 1));
    }
    pool(0, channels, 3, 400, new Size(3, 3), new Size(1, 1), new Size(1, 1));
    pool(0, channels, 13, 13, new Size(5, 5), new Size(1, 1), new Size(1, 1));
    pool(0, channels, 37, 9, new Size(5, 7), new Size(1, 1), new Size(1, 1));
    pool(0, channels, 13, 13, new Size(13, 13), new Size(1, 1), new Size(1, 1));
    pool(1, channels, 13, 13, new Size(13, 13), new Size(1, 1), new Size(1, 1));
    pool(0, channels, 6, 150, new Size(5, 5), new Size(1, 1), new Size(1, 1));
    pool(0, channels, 9, 150, new Size(5, 9), new Size(1, 2), new Size(2, 7));
    pool(1, channels, 7, 400, new Size(7, 31), new Size(1, 1), new Size(1, 1));
  }

  private void pool(
      int seed, int channels, int height, int width, Size kernel, Size stride, Size dilation) {
    int reachH = (kernel.height() - 1) * dilation.height();
    int reachW = (kernel.width() - 1) * dilation.width();
    Padding pad =
        new Padding(
            random().nextInt(kernel.height()),
            random().nextInt(kernel.width()),
            random().nextInt(kernel.height()),
            random().nextInt(kernel.width()));
    int over = random().nextInt(2);
    int oh = (height + pad.top() + pad.bottom() - reachH - 1 + over) / stride.height() + 1;
    int ow = (width + pad.left() + pad.right() - reachW - 1 + over) / stride.width() + 1;
    boolean startsAfterPadding =
        (oh - 1) * stride.height() >= height + pad.top() + pad.bottom()
            || (ow - 1) * stride.width() >= width + pad.left() + pad.right();
    if (oh < 1
        || ow < 1
        || startsAfterPadding
        || height + pad.top() < reachH
        || width + pad.left() < reachW) {
      return;
    }
    PoolKind kind = seed % 2 == 0 ? PoolKind.MAX : PoolKind.AVERAGE;
    Op.Pool op =
        new Op.Pool(
            kind,
            new Window(kernel, stride, dilation, pad),
            new Size(oh, ow),
            random().nextBoolean());
    Tensor x = harness().floats(2, height, width, channels);
    boolean empty =
        PoolAxis.vertical(op, height).hasEmpty() || PoolAxis.horizontal(op, width).hasEmpty();
    if (empty && !takesEveryShape()) {
      return;
    }
    // Values are under 6: a sum of n rounds by less than n u times the sum of magnitudes / n.
    harness().check(op, 0, kind == PoolKind.MAX ? 0 : 6 * kernel.height() * kernel.width() * U, x);
  }

  @Test
  default void resizingAgrees() {
    for (CoordinateTransform transform : CoordinateTransform.values()) {
      for (NearestMode mode : NearestMode.values()) {
        for (int c : channels()) {
          resize(Interpolation.NEAREST, transform, mode, c, 2, 2);
          resize(Interpolation.NEAREST, transform, mode, c, 3, 1);
          if (hasLinearResize()) {
            resize(Interpolation.LINEAR, transform, mode, c, 2, 2);
            resize(Interpolation.LINEAR, transform, mode, c, 1.6, 0.6);
          }
        }
      }
    }
  }

  /** Channels first, or no channels at all; sides around vectors; a copy, bit for bit. */
  @Test
  default void nearestOfPlanesIsExact() {
    for (CoordinateTransform transform : CoordinateTransform.values()) {
      for (int width : new int[] {1, 3, 8, 16, 17, 28, 33, 70}) {
        for (double right : new double[] {1, 2, 3, 1.7, 0.6}) {
          if (right == 1 && !takesEveryShape()) {
            continue; // rows are moved as a whole, as channels are
          }
          nearest(transform, List.of(1.0, 1.0, 2.0, right), 2, 3, 5, width);
        }
      }
      nearest(transform, List.of(0.6, 1.5), 7, 20);
      nearest(transform, List.of(1.0, 1.0, 1.0, 4.0, 2.0), 1, 2, 1, 5, 20);
      nearest(transform, List.of(1.0, 2.0, 2.0), 300, 20, 30);
    }
  }

  /** Places of several elements, behind any number of dimensions. */
  @Test
  default void nearestOfPlacesIsExact() {
    if (takesEveryShape()) {
      for (int channels : channels()) {
        nearest(CoordinateTransform.HALF_PIXEL, List.of(2.0, 0.7, 1.0), 5, 9, channels);
        nearest(
            CoordinateTransform.HALF_PIXEL, List.of(1.0, 1.0, 3.5, 2.5, 1.0), 2, 1, 5, 6, channels);
      }
    }
  }

  private void nearest(CoordinateTransform transform, List<Double> scales, Integer... dims) {
    Integer[] sizes = new Integer[dims.length];
    for (int i = 0; i < sizes.length; i++) {
      sizes[i] = Math.max(1, (int) (dims[i] * scales.get(i)));
    }
    NearestMode mode =
        List.of(NearestMode.values()).get(random().nextInt(NearestMode.values().length));
    Op op = new Op.Resize(Interpolation.NEAREST, transform, mode, -0.75, scales, Shape.of(sizes));
    harness().check(op, 0, 0, harness().floats(dims));
  }

  /** The one in Java multiplies and adds in one step, or leaves it to the portable one. */
  default boolean hasLinearResize() {
    return takesEveryShape() || Jit.fusedMultiplyAdd();
  }

  default void resize(
      Interpolation interpolation,
      CoordinateTransform transform,
      NearestMode mode,
      int channels,
      double down,
      double right) {
    Tensor x = harness().floats(2, 5, 10, channels);
    Shape sizes = Shape.of(2, (int) (5 * down), (int) (10 * right), channels);
    List<Double> scales = List.of(1.0, down, right, 1.0);
    // Four products of values under 6 with weights that sum to 1.
    double bound = interpolation == Interpolation.NEAREST ? 0 : 6 * 6 * U;
    Op op = new Op.Resize(interpolation, transform, mode, -0.75, scales, sizes);
    harness().check(op, 0, bound, x);
  }
}
