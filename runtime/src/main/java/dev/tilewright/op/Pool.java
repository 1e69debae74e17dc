package dev.tilewright.op;

import dev.tilewright.conv.ConvShape.Padding;
import dev.tilewright.conv.ConvShape.Size;
import dev.tilewright.graph.Op;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.View;

/**
 * Largest or mean value under a window that slides over [N, H, W, C]; NaN propagates. An item is
 * one row of the result. Workspace: a value for each channel, 8 bytes each.
 *
 * <p>A window with no cell to count gives -infinity (MAX) or NaN (AVERAGE).
 *
 * @param channels of the image
 */
record Pool(Op.Pool op, int channels) implements Kernel {
  @Override
  public long workspaceBytes() {
    return (long) channels * Double.BYTES;
  }

  @Override
  public boolean acceptsStridedRows() {
    return true;
  }

  @Override
  public Task bind(Operands operands) {
    View src = operands.in().getFirst();
    View dst = operands.out().getFirst();
    int height = op.out().height();
    int width = op.out().width();
    long taps = (long) op.window().kernel().height() * op.window().kernel().width();
    return Split.byCost(
        (long) src.shape().dim(0) * height,
        width * taps * channels,
        (from, to, worker) -> {
          long sums = operands.workspace(worker);
          for (long row = from; row < to; row++) {
            for (int x = 0; x < width; x++) {
              long pixel = dst.address() + 4 * (row * width + x) * dst.rowStride();
              pixel(src, (int) (row / height), (int) (row % height), x, sums, pixel);
            }
          }
        });
  }

  private void pixel(View src, int image, int y, int x, long sums, long dst) {
    Size kernel = op.window().kernel();
    Size dilation = op.window().dilation();
    Shape shape = src.shape();
    boolean max = op.kind() == Op.PoolKind.MAX;
    long top = (long) y * op.window().stride().height() - op.window().pad().top();
    long left = (long) x * op.window().stride().width() - op.window().pad().left();
    Sums.fill(sums, channels, max ? Double.NEGATIVE_INFINITY : 0);
    long cells = 0;
    for (int fy = 0; fy < kernel.height(); fy++) {
      long iy = top + (long) fy * dilation.height();
      for (int fx = 0; fx < kernel.width(); fx++) {
        long ix = left + (long) fx * dilation.width();
        if (iy >= 0 && iy < shape.dim(1) && ix >= 0 && ix < shape.dim(2)) {
          long cell = (image * (long) shape.dim(1) + iy) * shape.dim(2) + ix;
          long floats = src.address() + 4 * cell * src.rowStride();
          cells++;
          if (max) {
            Sums.max(sums, channels, floats);
          } else {
            Sums.addScaled(sums, channels, 1, floats, Float.BYTES);
          }
        } else if (op.countPad() && insidePadding(shape, iy, ix)) {
          cells++;
        }
      }
    }
    Sums.store(dst, sums, channels, max ? 1.0 : (double) cells);
  }

  private boolean insidePadding(Shape shape, long y, long x) {
    // Nothing lies before the padding: the first window starts there.
    Padding pad = op.window().pad();
    return y < (long) shape.dim(1) + pad.bottom() && x < (long) shape.dim(2) + pad.right();
  }
}
