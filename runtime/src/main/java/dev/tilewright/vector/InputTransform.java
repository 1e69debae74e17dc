package dev.tilewright.vector;

import dev.tilewright.vector.ScalarCode.Num;
import dev.tilewright.vector.VectorCode.Mask;
import dev.tilewright.vector.VectorCode.Vec;
import org.jspecify.annotations.Nullable;

/**
 * B^T d B of one tile d of pixels, for all channels of a group, vectors over channels. Rows are
 * transformed into a scratch tile of one vector a pixel, which stays in L1, then its columns.
 */
interface InputTransform {
  /**
   * What a kernel is made for.
   *
   * @param outputsHigh of a tile, see {@link WinogradMatrices}
   * @param masked fewer channels than lanes
   */
  record Spec(int outputsHigh, int tapsHigh, int outputsWide, int tapsWide, boolean masked) {}

  /**
   * Transforms a tile of high x wide pixels.
   *
   * @param table address of [high][wide] longs: a pixel's distance from {@code base} in bytes
   * @param base of the tile
   * @param scratch address of [high][wide][lanes] floats
   * @param dst of the tile's channels in the first plane of the result
   * @param plane bytes from one of the high x wide planes to the next
   * @param vectors of channels
   * @param last offset of the last vector's channels in bytes; of masked kernels their number
   */
  void run(long table, long base, long scratch, long dst, long plane, int vectors, long last);

  static InputTransform of(Spec spec) {
    return Kernels.ALL.get(spec);
  }

  /** Those made so far. */
  final class Kernels {
    private static final Generated<Spec, InputTransform> ALL =
        new Generated<>(
            InputTransform.class, "input", Kernels::emit, Kernels::exercise, (spec, depth) -> 0);

    private Kernels() {}

    private static void emit(VectorCode code, Spec spec) {
      Num table = code.address(code.longArgument(0), 0);
      Num base = code.longArgument(1);
      Num scratch = code.longArgument(2);
      Num dst = code.longArgument(3);
      Num plane = code.bounded(code.longArgument(4));
      Num last = code.bounded(code.longArgument(6));
      double[][] down = WinogradMatrices.of(spec.outputsHigh, spec.tapsHigh).input();
      double[][] along = WinogradMatrices.of(spec.outputsWide, spec.tapsWide).input();
      int high = down.length;
      int wide = along.length;
      Num rowOfPlanes = code.times(plane, wide);
      Mask @Nullable [] mask = spec.masked ? new Mask[] {code.first(last)} : null;
      code.loop(
          code.intArgument(5),
          v -> {
            Num channel = mask == null ? code.least(v, Lanes.BYTES, last) : code.number(0);
            Num from = code.address(base, channel);
            Num to = code.address(dst, channel);
            if (wide > 1) {
              code.loop(
                  code.count(high),
                  i -> {
                    Vec[] x = new Vec[wide];
                    Num row = code.address(table, i, 8L * wide);
                    for (int j = 0; j < wide; j++) {
                      x[j] = pixel(code, from, row, 8L * j, mask);
                    }
                    Vec[] y = LinearCode.emit(code, along, x);
                    if (high == 1) {
                      store(code, y, to, plane);
                    } else {
                      Num temporary = code.address(scratch, i, (long) wide * Lanes.BYTES);
                      for (int j = 0; j < wide; j++) {
                        code.store(y[j], temporary, (long) j * Lanes.BYTES);
                      }
                    }
                  });
            }
            if (high > 1) {
              code.loop(
                  code.count(wide),
                  j -> {
                    Vec[] x = new Vec[high];
                    Num temporary = code.address(scratch, j, Lanes.BYTES);
                    for (int i = 0; i < high; i++) {
                      x[i] =
                          wide == 1
                              ? pixel(code, from, table, 8L * i, mask)
                              : code.load(temporary, (long) i * wide * Lanes.BYTES);
                    }
                    store(
                        code,
                        LinearCode.emit(code, down, x),
                        code.address(to, j, plane),
                        rowOfPlanes);
                  });
            }
          });
    }

    private static Vec pixel(
        VectorCode code, Num from, Num table, long entry, Mask @Nullable [] mask) {
      Num at = code.address(from, code.loadLong(table, entry));
      return mask == null ? code.load(at, 0) : code.load(at, mask[0]);
    }

    private static void store(VectorCode code, Vec[] y, Num to, Num step) {
      Num at = to;
      for (int i = 0; i < y.length; i++) {
        at = i == 0 ? to : code.address(at, step);
        code.store(y[i], at, 0);
      }
    }

    /** One short call: all pixels are the same. */
    private static void exercise(Spec spec, InputTransform kernel, long scratch, int depth) {
      long data = scratch + 4096;
      kernel.run(scratch, data, data + 4096, data + 16384, 128, 2, spec.masked ? 1 : Lanes.BYTES);
    }
  }
}
