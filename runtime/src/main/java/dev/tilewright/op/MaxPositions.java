package dev.tilewright.op;

import dev.tilewright.graph.Op;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.View;

/** The place of the largest value under a window, the first of equal ones. An item is a pixel. */
record MaxPositions(Op.MaxPositions op) implements Kernel {
  @Override
  public Task bind(Operands operands) {
    View src = operands.in().getFirst();
    View dst = operands.out().getFirst();
    int channels = src.columns();
    int width = op.out().width();
    int height = op.out().height();
    long taps = (long) op.window().kernel().height() * op.window().kernel().width();
    return Split.byCost(
        dst.rows(),
        taps * channels,
        (from, to, worker) -> {
          for (long pixel = from; pixel < to; pixel++) {
            long image = pixel / width / height;
            int y = (int) (pixel / width % height);
            int x = (int) (pixel % width);
            for (int c = 0; c < channels; c++) {
              long address = dst.address() + 8 * (pixel * channels + c);
              Elements.setLong(DType.INT64, address, place(src, image, y, x, c));
            }
          }
        });
  }

  private long place(View src, long image, int oy, int ox, int channel) {
    Shape shape = src.shape();
    int height = shape.dim(1);
    int width = shape.dim(2);
    Op.Window w = op.window();
    long top = (long) oy * w.stride().height() - w.pad().top();
    long left = (long) ox * w.stride().width() - w.pad().left();
    double most = Double.NEGATIVE_INFINITY;
    long place = -1;
    for (int i = 0; i < w.kernel().height(); i++) {
      long y = top + (long) i * w.dilation().height();
      for (int j = 0; j < w.kernel().width(); j++) {
        long x = left + (long) j * w.dilation().width();
        if (y >= 0 && y < height && x >= 0 && x < width) {
          double value = Elements.getFloat(src.at((image * height + y) * width + x, channel));
          if (place < 0 || value > most) {
            most = value;
            place = op.columnMajor() ? x * height + y : y * width + x;
          }
        }
      }
    }
    return (image * shape.dim(3) + channel) * height * width + place;
  }
}
