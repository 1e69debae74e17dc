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
   * @param activation a short one, see {@link FunctionCode#isShort}
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

    boolean atOnce = FunctionCode.isFew(spec.activation);
    Activation now = atOnce ? spec.activation : Activation.none();
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
          code.store(FunctionCode.emit(code, now, sum), to, mask);
        } else {
          sum = spec.residual ? code.add(sum, code.load(from, at)) : sum;
          code.store(FunctionCode.emit(code, now, sum), to, at);
        }
        code.release(mark);
      }
      dst = code.address(dst, dstStride);
      residual = spec.residual ? code.address(residual, residualStride) : residual;
    }
    if (!atOnce) {
      activate(code, spec);
    }
  }

  /**
   * Over the tile that has just been stored: one row's code instead of all rows', which C2 compiles
   * in half the time, for a load and a store from L1.
   */
  private static void activate(VectorCode code, Spec spec) {
    Num last = code.longArgument(10);
    code.loop(
        code.count(spec.mr),
        i -> {
          Num dst = code.address(code.longArgument(6), i, code.longArgument(7));
          Mask[] mask = spec.masked ? new Mask[] {code.first(last)} : null;
          Num[] at = new Num[spec.nv];
          Vec[] x = new Vec[spec.nv];
          for (int j = 0; j < spec.nv; j++) {
            boolean shifted = j == spec.nv - 1 && mask == null;
            at[j] = shifted ? code.address(dst, last) : code.address(dst, column(j));
            x[j] = mask == null ? code.load(at[j], 0) : code.load(at[j], mask[0]);
          }
          // All are read before any is written: the last may overlap the one before.
          for (int j = 0; j < spec.nv; j++) {
            Vec y = FunctionCode.emit(code, spec.activation, x[j]);
            if (mask == null) {
              code.store(y, at[j], 0);
            } else {
              code.store(y, at[j], mask[0]);
            }
          }
        });
  }

  private static long column(int vector) {
    return (long) vector * Lanes.BYTES;
  }

  /** One short call on scratch memory. */
  private static void exercise(Spec spec, GemmTile tile, long scratch) {
    // A shorter loop would look unimportant to C2, a longer one takes long in the interpreter.
    long zeros = scratch;
    long data = scratch + 4096;
    tile.run(zeros, data, zeros, 32, data, data, data, 64, data, 64, spec.masked ? 1 : 0);
  }
}
