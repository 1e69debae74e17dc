package dev.tilewright.vector;

import dev.tilewright.conv.Activation;
import dev.tilewright.conv.ConvShape;
import dev.tilewright.vector.ScalarCode.Num;
import dev.tilewright.vector.VectorCode.Mask;
import dev.tilewright.vector.VectorCode.Vec;

/**
 * Generates micro-kernels for groups of about one or two vectors: neighbouring pixels of one output
 * row, and a loop over filter rows and input channels. Each input is spread over the lanes once a
 * step and meets all the taps of a filter row, so that there are fewer loads than multiply-adds
 * although a vector of the filter is not shared by others.
 *
 * <p>Distances between pixels are part of the code: a pixel costs no address register.
 */
final class SpreadTiles {
  /**
   * What a micro-kernel is made for.
   *
   * @param kernelWidth taps of a filter row
   * @param stride columns between the windows of two pixels
   * @param dilation columns between two taps
   * @param pixelStride floats from one column of the band to the next
   * @param mr pixels
   * @param nv vectors of output channels
   * @param masked one vector, of which the first channels exist
   */
  record Spec(
      int kernelWidth,
      int stride,
      int dilation,
      int pixelStride,
      int mr,
      int nv,
      boolean residual,
      Activation activation,
      boolean masked) {
    static Spec of(
        ConvShape s, int pixelStride, int mr, int nv, boolean residual, Activation activation) {
      return new Spec(
          s.kernel().width(),
          s.stride().width(),
          s.dilation().width(),
          pixelStride,
          mr,
          nv,
          residual,
          activation,
          s.outChannels() / s.groups() < Lanes.LENGTH);
    }

    int window() {
      return (mr - 1) * stride + (kernelWidth - 1) * dilation + 1;
    }

    /** The output pixel that sees window column j through tap t, or -1. */
    int pixel(int j, int t) {
      int first = j - t * dilation;
      boolean exists = first >= 0 && first % stride == 0 && first / stride < mr;
      return exists ? first / stride : -1;
    }
  }

  private static final Generated<Spec, GroupTile> KERNELS =
      new Generated<>(
          GroupTile.class, "spread", SpreadTiles::emit, SpreadTiles::exercise, SpreadTiles::work);

  private SpreadTiles() {}

  static GroupTile get(Spec spec) {
    return KERNELS.get(spec);
  }

  private static void emit(VectorCode code, Spec spec) {
    Num taps = code.longArgument(2);
    Num filter = code.address(code.longArgument(4), 0);
    int nv = spec.nv;
    Num factors = code.address(filter, (long) nv * Lanes.BYTES);
    code.loop(
        code.intArgument(10),
        tile -> {
          Num first = code.least(tile, spec.mr, code.longArgument(11));
          Num rows = code.address(code.longArgument(0), code.times(first, 8));
          Num src = code.address(code.longArgument(1), code.loadLong(rows, 0));
          Vec[][] acc = new Vec[spec.mr][nv];
          for (int v = 0; v < nv; v++) {
            Vec bias = code.load(filter, (long) v * Lanes.BYTES);
            for (int i = 0; i < spec.mr; i++) {
              acc[i][v] = code.copy(bias);
            }
          }
          code.loop(
              code.intArgument(3),
              k -> {
                code.exact(acc);
                Num tap = code.loadOffset(code.address(taps, k, 4));
                Num from = code.sum(src, tap);
                Num panel = code.address(factors, k, (long) spec.kernelWidth * nv * Lanes.BYTES);
                Vec[] w = new Vec[spec.kernelWidth * nv];
                for (int i = 0; i < w.length; i++) {
                  w[i] = code.load(panel, (long) i * Lanes.BYTES);
                }
                for (int j = 0; j < spec.window(); j++) {
                  column(code, spec, acc, w, from, j);
                }
              });
          code.exact(acc);
          store(code, spec, acc, first);
        });
  }

  /** Adds the products of window column j with the taps that meet it. */
  private static void column(VectorCode code, Spec spec, Vec[][] acc, Vec[] w, Num from, int j) {
    Vec x = null;
    for (int t = 0; t < spec.kernelWidth; t++) {
      int p = spec.pixel(j, t);
      if (p >= 0) {
        x = x == null ? code.broadcast(code.loadScalar(from, 4L * j * spec.pixelStride)) : x;
        for (int v = 0; v < spec.nv; v++) {
          code.fma(acc[p][v], x, w[t * spec.nv + v]);
        }
      }
    }
  }

  private static void store(VectorCode code, Spec spec, Vec[][] acc, Num first) {
    Num last = code.longArgument(9);
    Num dst = code.address(code.longArgument(5), code.times(first, code.longArgument(6)));
    Num residual = code.longArgument(7);
    if (spec.residual) {
      residual = code.address(residual, code.times(first, code.longArgument(8)));
    }
    Mask[] mask = spec.masked ? new Mask[] {code.first(last)} : null;
    for (int i = 0; i < spec.mr; i++) {
      for (int v = 0; v < spec.nv; v++) {
        int mark = code.mark();
        boolean shifted = v == spec.nv - 1 && mask == null;
        Num to = shifted ? code.address(dst, last) : dst;
        long at = shifted ? 0 : (long) v * Lanes.BYTES;
        Vec sum = acc[i][v];
        if (spec.residual) {
          Num from = shifted ? code.address(residual, last) : residual;
          sum = code.add(sum, mask == null ? code.load(from, at) : code.load(from, mask[0]));
        }
        Vec y = FunctionCode.emit(code, spec.activation, sum);
        if (mask == null) {
          code.store(y, to, at);
        } else {
          code.store(y, to, mask[0]);
        }
        code.release(mark);
      }
      dst = code.address(dst, code.longArgument(6));
      residual = spec.residual ? code.address(residual, code.longArgument(8)) : residual;
    }
  }

  /** The tables are all zeros, and input and filter lie in the same memory. */
  private static void exercise(Spec spec, GroupTile tile, long scratch, int depth) {
    long dst = scratch + Generated.SCRATCH_BYTES * 3 / 4;
    tile.run(
        scratch,
        scratch,
        scratch,
        steps(spec, depth),
        scratch,
        dst,
        64,
        scratch,
        64,
        spec.masked ? 1 : 0,
        2,
        spec.mr);
  }

  /** So many that their filter is not more than half of the scratch memory. */
  private static int steps(Spec spec, int depth) {
    long step = (long) spec.kernelWidth * spec.nv * Lanes.BYTES;
    return Math.clamp(Generated.SCRATCH_BYTES / 2 / step, 1, depth);
  }

  /** Of tiles that do not wait: fewer than eight sums do for each other, one tap for loads. */
  private static double work(Spec spec, int depth) {
    int sums = spec.mr * spec.nv;
    return sums < 8 || spec.kernelWidth == 1
        ? 0
        : 2.0 * steps(spec, depth) * spec.kernelWidth * sums;
  }
}
