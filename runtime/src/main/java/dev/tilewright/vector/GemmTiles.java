package dev.tilewright.vector;

import dev.tilewright.conv.Activation;
import dev.tilewright.vector.VectorCode.Count;
import dev.tilewright.vector.VectorCode.Mask;
import dev.tilewright.vector.VectorCode.Num;
import dev.tilewright.vector.VectorCode.Vec;

/** Generates micro-kernels of any tile; one class a specification, shared by all layers. */
final class GemmTiles {
  /**
   * What a micro-kernel is made for.
   *
   * @param mr pixels
   * @param nv vectors of output channels
   * @param activation a short one, see {@link ActivationCode#isShort}
   * @param masked one vector only, of which the first columns exist
   */
  record Spec(int mr, int nv, boolean residual, Activation activation, boolean masked) {
    Spec {
      if (masked && nv != 1) {
        throw new IllegalArgumentException("masked kernels have one vector");
      }
    }
  }

  private static final Generated<Spec, GemmTile> KERNELS =
      new Generated<>(GemmTile.class, "gemm", GemmTiles::emit, GemmTiles::exercise);

  private GemmTiles() {}

  static GemmTile get(Spec spec) {
    return KERNELS.get(spec);
  }

  private static void emit(VectorCode code, Spec spec) {
    Num rows = code.longArgument(0);
    Num src = code.longArgument(1);
    Num taps = code.longArgument(2);
    Count depth = code.intArgument(3);
    Num filter = code.longArgument(4);
    Num bias = code.address(code.longArgument(5), 0);
    Num dstStride = code.longArgument(7);
    Num residualStride = code.longArgument(9);
    Num last = code.longArgument(10);
    int mr = spec.mr;
    int nv = spec.nv;

    Num rowTable = code.address(rows, 0);
    Num[] row = new Num[mr];
    for (int i = 0; i < mr; i++) {
      row[i] = code.address(src, code.loadLong(rowTable, 8L * i));
    }
    Vec[][] acc = new Vec[mr][nv];
    for (int j = 0; j < nv; j++) {
      boolean shifted = j == nv - 1 && !spec.masked;
      Vec start = shifted ? code.load(code.address(bias, last), 0) : code.load(bias, column(j));
      for (int i = 0; i < mr; i++) {
        acc[i][j] = code.copy(start);
      }
    }

    code.loop(
        depth,
        k -> {
          Num tap = code.loadOffset(code.address(taps, k, 4));
          Num panel = code.address(filter, k, (long) nv * Lanes.BYTES);
          Vec[] b = new Vec[nv];
          for (int j = 0; j < nv; j++) {
            b[j] = code.load(panel, column(j));
          }
          for (int i = 0; i < mr; i++) {
            Vec a = code.broadcast(row[i], tap);
            for (int j = 0; j < nv; j++) {
              code.fma(acc[i][j], a, b[j]);
            }
          }
        });

    Num dst = code.address(code.longArgument(6), 0);
    Num residual = code.address(code.longArgument(8), 0);
    for (int i = 0; i < mr; i++) {
      for (int j = 0; j < nv; j++) {
        int mark = code.mark();
        boolean shifted = j == nv - 1 && !spec.masked;
        Num to = shifted ? code.address(dst, last) : dst;
        Num from = shifted && spec.residual ? code.address(residual, last) : residual;
        long at = shifted ? 0 : column(j);
        Vec sum = acc[i][j];
        if (spec.masked) {
          Mask mask = code.first(last);
          sum = spec.residual ? code.add(sum, code.load(from, mask)) : sum;
          code.store(ActivationCode.emit(code, spec.activation, sum), to, mask);
        } else {
          sum = spec.residual ? code.add(sum, code.load(from, at)) : sum;
          code.store(ActivationCode.emit(code, spec.activation, sum), to, at);
        }
        code.release(mark);
      }
      dst = code.address(dst, dstStride);
      residual = spec.residual ? code.address(residual, residualStride) : residual;
    }
  }

  private static long column(int vector) {
    return (long) vector * Lanes.BYTES;
  }

  /** One short call on scratch memory. */
  private static void exercise(Spec spec, GemmTile tile, long scratch) {
    // 600 calls of 32 rounds are what C2 waits for; a short loop would look unimportant to it.
    long zeros = scratch;
    long data = scratch + 4096;
    tile.run(zeros, data, zeros, 32, data, data, data, 64, data, 64, spec.masked ? 1 : 0);
  }
}
