package dev.tilewright.op;

import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.Interpolation;
import dev.tilewright.tensor.Shape;
import java.util.Arrays;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * Where the outputs of a NEAREST or LINEAR Resize along an axis read: between sample {@code low(i)}
 * and {@code high(i)}, the latter with this weight. NEAREST has weight 0.
 */
public final class LinearTaps {
  private final int in;
  private final int[] low;
  private final int[] high;
  private final float[] weight;

  private LinearTaps(int in, int out) {
    this.in = in;
    this.low = new int[out];
    this.high = new int[out];
    this.weight = new float[out];
  }

  /**
   * The taps of one axis.
   *
   * @param in size of the input along it, at least 1
   */
  public static LinearTaps of(Op.Resize op, int axis, int in) {
    int out = op.sizes().dim(axis);
    LinearTaps taps = new LinearTaps(in, out);
    for (int i = 0; i < out; i++) {
      double x = op.transform().source(i, in, out, op.scales().get(axis));
      if (op.interpolation() == Interpolation.NEAREST) {
        taps.low[i] = (int) Math.clamp(op.nearest().nearest(x), 0, in - 1);
        taps.high[i] = taps.low[i];
      } else {
        double inside = Math.clamp(x, 0, in - 1);
        taps.low[i] = (int) inside;
        taps.high[i] = Math.min(taps.low[i] + 1, in - 1);
        taps.weight[i] = (float) (inside - taps.low[i]);
      }
    }
    return taps;
  }

  /**
   * The first of two neighbouring axes that are as far behind as can be without any other axis
   * being resized: H of an image, whichever its layout. Empty if there are none.
   */
  public static OptionalInt firstOfTwo(Op.Resize op, Shape in) {
    int[] resized =
        IntStream.range(0, in.rank())
            .filter(i -> op.scales().get(i) != 1 || op.sizes().dim(i) != in.dim(i))
            .toArray();
    int last = resized.length == 0 ? 0 : resized[resized.length - 1];
    int first = Math.max(Math.max(last, in.rank() - 2), 1) - 1;
    boolean two = in.rank() >= 2 && Arrays.stream(resized).allMatch(i -> i >= first);
    return two ? OptionalInt.of(first) : OptionalInt.empty();
  }

  /** Samples along the axis. */
  public int in() {
    return in;
  }

  /** Sample on the low side of output i. */
  public int low(int i) {
    return low[i];
  }

  /** Sample on the high side of output i. */
  public int high(int i) {
    return high[i];
  }

  /** Of the high sample of output i; the low one has the rest. */
  public float weight(int i) {
    return weight[i];
  }

  /** Size of the output along the axis. */
  public int outputs() {
    return low.length;
  }
}
