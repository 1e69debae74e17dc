package dev.tilewright.op;

import dev.tilewright.conv.ConvShape;
import dev.tilewright.conv.ConvShape.Size;
import dev.tilewright.graph.Op;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.View;

/**
 * Convolution of 8-bit values with sums in int32. src [N, H, W, C], filter [K, FH, FW, C/G] int32,
 * dst [N, OH, OW, K] int32. An item is one output pixel.
 *
 * <p>Workspace: what the filters see of the image at one place, [FH, FW, C] int32 less the zero
 * point, 0 where padding is; an output is then a dot product or, with several groups, one a tap.
 *
 * @param filter its shape
 */
record IntegerConv(Op.IntegerConv op, Shape filter) implements Kernel {
  @Override
  public long workspaceBytes() {
    return filter.product(1, 4) * op.groups() * Integer.BYTES;
  }

  @Override
  public Task bind(Operands operands) {
    View src = operands.in().get(0);
    ConvShape shape = op.window().convolution(src.shape(), op.groups(), filter.dim(0));
    DType type = src.type().dtype();
    long zero = operands.in().get(1).address();
    long filters = operands.in().get(2).address();
    long bias = op.bias() ? operands.in().get(3).address() : 0;
    long dst = operands.out().getFirst().address();
    int channels = filter.dim(3);
    int taps = Math.toIntExact(filter.product(1, 3));
    int k = shape.outChannels();
    Size out = shape.out();
    return Split.byCost(
        (long) shape.batch() * out.height() * out.width(),
        (long) k * taps * channels,
        (from, to, worker) -> {
          long patch = operands.workspace(worker);
          int zeroPoint = (int) Elements.getLong(type, zero);
          for (long pixel = from; pixel < to; pixel++) {
            gather(shape, src, pixel, zeroPoint, patch);
            for (int i = 0; i < k; i++) {
              long seen = patch + 4L * (i / (k / op.groups())) * channels;
              int sum = sum(seen, shape.inChannels(), filters + 4L * i * taps * channels, taps);
              sum += op.bias() ? IntegerDot.get(bias + 4L * i) : 0;
              IntegerDot.set(dst + 4 * (pixel * k + i), sum);
            }
          }
        });
  }

  /**
   * One output.
   *
   * @param seen [FH * FW] places of which the first C/G of {@code stride} channels count
   */
  private int sum(long seen, int stride, long weights, int taps) {
    int channels = filter.dim(3);
    if (channels == stride) {
      return IntegerDot.dot(seen, weights, taps * channels);
    }
    if (channels == 1) {
      return IntegerDot.dot(seen, 4L * stride, weights, taps);
    }
    int sum = 0;
    for (int t = 0; t < taps; t++) {
      sum += IntegerDot.dot(seen + 4L * t * stride, weights + 4L * t * channels, channels);
    }
    return sum;
  }

  private static void gather(ConvShape s, View src, long pixel, int zero, long patch) {
    Size out = s.out();
    int channels = s.inChannels();
    long top = pixel / out.width() % out.height() * s.stride().height() - s.pad().top();
    long left = pixel % out.width() * s.stride().width() - s.pad().left();
    long image = pixel / out.width() / out.height() * s.in().height();
    long to = patch;
    for (int fy = 0; fy < s.kernel().height(); fy++) {
      long y = top + (long) fy * s.dilation().height();
      for (int fx = 0; fx < s.kernel().width(); fx++) {
        long x = left + (long) fx * s.dilation().width();
        if (y < 0 || y >= s.in().height() || x < 0 || x >= s.in().width()) {
          IntegerDot.clear(to, channels);
        } else {
          long at = ((image + y) * s.in().width() + x) * channels;
          IntegerDot.widen(src.type().dtype(), to, src.address() + at, channels, zero);
        }
        to += 4L * channels;
      }
    }
  }
}
