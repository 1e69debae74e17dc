package dev.tilewright.vector;

import dev.tilewright.conv.Activation;
import dev.tilewright.tensor.Memory;
import dev.tilewright.vector.VectorCode.Mask;
import dev.tilewright.vector.VectorCode.Num;
import dev.tilewright.vector.VectorCode.Vec;
import java.lang.foreign.ValueLayout;

/**
 * Generates depthwise micro-kernels: straight-line code per vector of channels in which each input
 * is loaded once and used by all output pixels whose window it is in. Padding columns are read from
 * zeros, so that one kernel serves a whole layer: compiling one takes C2 0.1 to 0.3 s.
 */
final class DepthwiseTiles {
  /**
   * What a micro-kernel is made for.
   *
   * @param pixels output pixels of a row, side by side
   * @param left columns at the window's left that are padding in some tile
   * @param right columns at the window's right that are padding in some tile
   * @param masked fewer channels than lanes
   */
  record Spec(
      int kernelHeight,
      int kernelWidth,
      int stride,
      int dilation,
      int pixels,
      int left,
      int right,
      boolean residual,
      Activation activation,
      boolean masked) {

    /** Input columns between the first and last one that the tile's pixels see. */
    int window() {
      return (pixels - 1) * stride + (kernelWidth - 1) * dilation + 1;
    }

    int taps() {
      return kernelHeight * kernelWidth;
    }
  }

  private static final Generated<Spec, DepthwiseTile> KERNELS =
      new Generated<>(
          DepthwiseTile.class,
          "depthwise",
          DepthwiseTiles::emit,
          DepthwiseTiles::exercise,
          (spec, depth) -> 0);

  private DepthwiseTiles() {}

  static DepthwiseTile get(Spec spec) {
    return KERNELS.get(spec);
  }

  private static void emit(VectorCode code, Spec spec) {
    Num rows = code.address(code.longArgument(0), 0);
    Num column = code.longArgument(1);
    Num pixelStride = code.bounded(code.longArgument(2));
    Num lastVector = code.bounded(code.longArgument(4));
    Num filter = code.longArgument(5);
    Num dst = code.address(code.longArgument(6), 0);
    Num dstStride = code.bounded(code.longArgument(7));
    Num residual = code.address(code.longArgument(8), 0);
    Num residualStride = code.bounded(code.longArgument(9));
    Num left = code.longArgument(10);
    Num right = code.longArgument(11);
    Num zeros = code.longArgument(12);

    Num[] row = new Num[spec.kernelHeight];
    for (int r = 0; r < spec.kernelHeight; r++) {
      row[r] = code.address(code.loadLong(rows, 8L * r), column);
    }
    Num[] at = new Num[spec.window()];
    Num[][] edge = new Num[spec.kernelHeight][spec.window()];
    for (int j = 0; j < spec.window(); j++) {
      at[j] = code.times(pixelStride, j);
      if (j < spec.left || j >= spec.window() - spec.right) {
        for (int r = 0; r < spec.kernelHeight; r++) {
          // Few local variables: from number 256 on, each access is two bytes longer.
          edge[r][j] = code.number(0);
          int mark = code.mark();
          Num inside = code.inside(j, left, right);
          code.assign(edge[r][j], code.select(inside, code.sum(row[r], at[j]), zeros));
          code.release(mark);
        }
      }
    }
    Mask[] mask = spec.masked ? new Mask[] {code.first(lastVector)} : null;

    code.loop(
        code.intArgument(3),
        v -> {
          Num w = code.address(filter, v, (long) (1 + spec.taps()) * Lanes.BYTES);
          Num channel = mask == null ? code.least(v, Lanes.BYTES, lastVector) : code.number(0);
          Vec[] acc = new Vec[spec.pixels];
          Vec bias = code.load(w, 0);
          for (int p = 0; p < spec.pixels; p++) {
            acc[p] = code.copy(bias);
          }
          for (int r = 0; r < spec.kernelHeight; r++) {
            int mark = code.mark();
            Num base = code.sum(row[r], channel);
            Vec[] tap = new Vec[spec.kernelWidth];
            for (int t = 0; t < spec.kernelWidth; t++) {
              tap[t] = code.load(w, (1L + (long) r * spec.kernelWidth + t) * Lanes.BYTES);
            }
            for (int j = 0; j < spec.window(); j++) {
              if (isUsed(spec, j)) {
                int before = code.mark();
                boolean inner = edge[r][j] == null;
                Num from = inner ? code.sum(base, at[j]) : code.sum(edge[r][j], channel);
                Vec x = mask == null ? code.load(from, 0) : code.load(from, mask[0]);
                multiply(code, spec, acc, tap, x, j);
                code.release(before);
              }
            }
            code.release(mark);
          }
          for (int p = 0; p < spec.pixels; p++) {
            int mark = code.mark();
            Vec sum = acc[p];
            if (spec.residual) {
              Num from = code.sum(code.sum(residual, channel), code.times(residualStride, p));
              sum = code.add(sum, mask == null ? code.load(from, 0) : code.load(from, mask[0]));
            }
            Vec y = FunctionCode.emit(code, spec.activation, sum);
            Num to = code.sum(code.sum(dst, channel), code.times(dstStride, p));
            if (mask == null) {
              code.store(y, to, 0);
            } else {
              code.store(y, to, mask[0]);
            }
            code.release(mark);
          }
        });
  }

  /** Adds the products of input column j with every tap that meets it. */
  private static void multiply(VectorCode code, Spec spec, Vec[] acc, Vec[] tap, Vec x, int j) {
    for (int t = 0; t < spec.kernelWidth; t++) {
      int p = pixel(spec, j, t);
      if (p >= 0) {
        code.fma(acc[p], x, tap[t]);
      }
    }
  }

  private static boolean isUsed(Spec spec, int j) {
    for (int t = 0; t < spec.kernelWidth; t++) {
      if (pixel(spec, j, t) >= 0) {
        return true;
      }
    }
    return false;
  }

  /** The output pixel that sees window column j through tap t, or -1. */
  private static int pixel(Spec spec, int j, int t) {
    int first = j - t * spec.dilation;
    boolean exists = first >= 0 && first % spec.stride == 0 && first / spec.stride < spec.pixels;
    return exists ? first / spec.stride : -1;
  }

  /** One short call on scratch memory. */
  private static void exercise(Spec spec, DepthwiseTile tile, long scratch, int depth) {
    // The rows' addresses are read from the scratch memory itself.
    for (int r = 0; r < spec.kernelHeight; r++) {
      Memory.ALL.set(ValueLayout.JAVA_LONG, scratch + 8L * r, scratch + 8192);
    }
    long data = scratch + 16384;
    long last = spec.masked ? 1 : 0;
    tile.run(scratch, 0, 4, 2, last, data, data + 40960, 4, data, 4, 0, spec.window(), data);
  }
}
