package dev.tilewright.op;

import dev.tilewright.conv.ConvShape.Size;
import dev.tilewright.graph.Op;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.tensor.View;

/**
 * Transposed convolution, seen from the result: every output pixel gathers the input pixels that
 * reach it, so that parts write apart. src [N, H, W, C], filter [C, K/G, FH, FW], bias [K], dst [N,
 * OH, OW, K]; summed in double. An item is one output row. Workspace: the sums of a pixel, 8 bytes
 * each.
 *
 * @param outChannels K, all groups together
 */
record ConvTranspose(Op.ConvTranspose op, int outChannels) implements Kernel {
  @Override
  public long workspaceBytes() {
    return (long) outChannels * Double.BYTES;
  }

  @Override
  public Task bind(Operands operands) {
    View src = operands.in().get(0);
    View filter = operands.in().get(1);
    View dst = operands.out().getFirst();
    int height = dst.shape().dim(1);
    int width = dst.shape().dim(2);
    long bias = op.bias() ? operands.in().get(2).address() : 0;
    return Split.byCost(
        (long) dst.shape().dim(0) * height,
        width * filter.shape().elements(),
        (from, to, worker) -> {
          long sums = operands.workspace(worker);
          for (long row = from; row < to; row++) {
            for (int x = 0; x < width; x++) {
              Sums.fill(sums, outChannels, 0);
              gather(src, filter, row / height, row % height, x, sums);
              if (op.bias()) {
                Sums.addScaled(sums, outChannels, 1, bias, Float.BYTES);
              }
              long pixel = (row * width + x) * outChannels;
              Sums.store(dst.address() + 4 * pixel, sums, outChannels, 1);
            }
          }
        });
  }

  /** Adds every input pixel that a tap of the filter carries to output pixel (y, x). */
  private void gather(View src, View filter, long image, long y, long x, long sums) {
    Size stride = op.window().stride();
    Size kernel = op.window().kernel();
    int height = src.shape().dim(1);
    int width = src.shape().dim(2);
    for (int fy = 0; fy < kernel.height(); fy++) {
      // Tap fy carries input row iy to output row iy * stride - top + fy * dilation.
      long sy = y + op.window().pad().top() - (long) fy * op.window().dilation().height();
      if (sy < 0 || sy % stride.height() != 0 || sy / stride.height() >= height) {
        continue;
      }
      for (int fx = 0; fx < kernel.width(); fx++) {
        long sx = x + op.window().pad().left() - (long) fx * op.window().dilation().width();
        if (sx < 0 || sx % stride.width() != 0 || sx / stride.width() >= width) {
          continue;
        }
        long pixel = (image * height + sy / stride.height()) * width + sx / stride.width();
        tap(src, pixel, filter, (long) fy * kernel.width() + fx, sums);
      }
    }
  }

  /** Adds the channels of one input pixel, weighted by one tap of the filter. */
  private void tap(View src, long pixel, View filter, long tap, long sums) {
    int channels = src.columns();
    int perGroup = outChannels / op.groups();
    long taps = filter.shape().product(2, 4);
    for (int c = 0; c < channels; c++) {
      int group = c / (channels / op.groups());
      double value = Elements.getFloat(src.address() + 4 * (pixel * channels + c));
      long weights = filter.address() + 4 * ((long) c * perGroup * taps + tap);
      Sums.addScaled(sums + 8L * group * perGroup, perGroup, value, weights, 4 * taps);
    }
  }
}
