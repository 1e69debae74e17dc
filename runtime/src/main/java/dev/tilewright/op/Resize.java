package dev.tilewright.op;

import dev.tilewright.graph.Op;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.View;

/**
 * Samples a float32 tensor of any rank at other coordinates: the weighted sum, in double, of the
 * product of a few taps along every axis (ONNX operator Resize, without antialiasing and
 * exclude_outside). Axes after the last one resized move as blocks: the channels of an image.
 * Workspace: the sums of a block, 8 bytes each.
 */
final class Resize implements Kernel {
  /**
   * Where the samples along an axis come from: result i is the sum over t of {@code weights[i *
   * count + t] * x[positions[i * count + t]]}.
   */
  private static final class Taps {
    final int count;
    final int[] positions;
    final double[] weights;

    Taps(int count, int out) {
      this.count = count;
      positions = new int[Math.multiplyExact(out, count)];
      weights = new double[out * count];
    }
  }

  private final Op.Resize op;

  /** One for each axis up to the last one resized. */
  private final Taps[] taps;

  private final long block;

  Resize(Op.Resize op, Shape in) {
    this.op = op;
    int axes = in.rank();
    while (axes > 0 && isIdentity(in, axes - 1)) {
      axes--;
    }
    taps = new Taps[axes];
    for (int i = 0; i < axes; i++) {
      taps[i] = taps(in, i);
    }
    block = in.product(axes, in.rank());
  }

  private boolean isIdentity(Shape in, int axis) {
    return in.dim(axis) == op.sizes().dim(axis) && op.scales().get(axis) == 1;
  }

  private Taps taps(Shape shape, int axis) {
    int in = shape.dim(axis);
    int out = op.sizes().dim(axis);
    boolean identity = isIdentity(shape, axis);
    int count =
        switch (op.interpolation()) {
          case NEAREST -> 1;
          case LINEAR -> identity ? 1 : 2;
          case CUBIC -> identity ? 1 : 4;
        };
    Taps taps = new Taps(count, out);
    for (int i = 0; i < out; i++) {
      double x = identity ? i : op.transform().source(i, in, out, op.scales().get(axis));
      double first = count == 1 ? op.nearest().nearest(x) : Math.floor(x) - (count / 2 - 1);
      for (int t = 0; t < count; t++) {
        // Outside the tensor its edge goes on.
        taps.positions[i * count + t] = (int) Math.clamp(first + t, 0, in - 1);
        taps.weights[i * count + t] = weight(count, Math.abs(x - first - t));
      }
    }
    return taps;
  }

  /**
   * Of a sample at distance d: 1, a triangle, or the cubic convolution kernel (Keys 1981, eq. 4).
   */
  private double weight(int count, double d) {
    double a = op.cubicA();
    return switch (count) {
      case 1 -> 1;
      case 2 -> 1 - d;
      default ->
          d <= 1 ? ((a + 2) * d - (a + 3)) * d * d + 1 : ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
    };
  }

  @Override
  public long workspaceBytes() {
    return block * Double.BYTES;
  }

  @Override
  public Task bind(Operands operands) {
    View x = operands.in().getFirst();
    View out = operands.out().getFirst();
    long[] strides = x.strides();
    long combinations = 1;
    for (Taps axis : taps) {
      combinations *= axis.count;
    }
    long all = combinations;
    return Split.byCost(
        out.shape().product(0, taps.length),
        all * block,
        (from, to, worker) -> {
          long sums = operands.workspace(worker);
          for (long i = from; i < to; i++) {
            Sums.fill(sums, block, 0);
            for (long c = 0; c < all; c++) {
              add(x.address(), strides, i, c, sums);
            }
            Sums.store(out.address() + 4 * i * block, sums, block, 1);
          }
        });
  }

  /** Adds combination c of the taps of all axes to block i of the result. */
  private void add(long x, long[] strides, long i, long c, long sums) {
    double weight = 1;
    for (int axis = taps.length - 1; axis >= 0; axis--) {
      Taps t = taps[axis];
      int size = op.sizes().dim(axis);
      int tap = (int) (i % size) * t.count + (int) (c % t.count);
      weight *= t.weights[tap];
      x += t.positions[tap] * strides[axis];
      i /= size;
      c /= t.count;
    }
    if (weight != 0) { // an infinite sample counts only where it has weight
      Sums.addScaled(sums, block, weight, x, Float.BYTES);
    }
  }
}
