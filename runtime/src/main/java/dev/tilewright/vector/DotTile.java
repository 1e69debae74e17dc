package dev.tilewright.vector;

import dev.tilewright.vector.ScalarCode.Count;
import dev.tilewright.vector.ScalarCode.Num;
import dev.tilewright.vector.VectorCode.Mask;
import dev.tilewright.vector.VectorCode.Vec;

/**
 * A micro-kernel for dot products of several pixels with one row of a filter, of which the lanes
 * are left to be added. Instances are generated.
 */
interface DotTile {
  /** Pixels of the wider of the two: as many chains as hide the latency of a multiply-add. */
  int PIXELS = 4;

  /**
   * What a kernel is made for.
   *
   * @param masked whether rows may end with a part of a vector
   */
  record Spec(int pixels, boolean masked) {}

  /**
   * Adds the products of one run of adjacent floats to sums.
   *
   * @param src address of the first pixel's run
   * @param step bytes from one pixel's to the next
   * @param filter address of what each is multiplied with
   * @param sums address of [pixels][lanes]
   * @param vectors whole ones in a run
   * @param rest floats after those
   */
  void run(long src, long step, long filter, long sums, int vectors, long rest);

  static DotTile of(Spec spec) {
    return Kernels.ALL.get(spec);
  }

  /** Those made so far. */
  final class Kernels {
    private static final Generated<Spec, DotTile> ALL =
        new Generated<>(
            DotTile.class, "dots", Kernels::emit, Kernels::exercise, (spec, depth) -> 0);

    private Kernels() {}

    private static void emit(VectorCode code, Spec spec) {
      Num filter = code.longArgument(2);
      Num sums = code.longArgument(3);
      Count vectors = code.intArgument(4);
      Num[] rows = new Num[spec.pixels];
      Vec[] acc = new Vec[spec.pixels];
      for (int i = 0; i < spec.pixels; i++) {
        rows[i] = i == 0 ? code.longArgument(0) : code.sum(rows[i - 1], code.longArgument(1));
        acc[i] = code.load(sums, (long) i * Lanes.BYTES);
      }
      code.loop(
          vectors,
          v -> {
            for (Vec sum : acc) {
              code.exact(sum);
            }
            Vec factor = code.load(code.address(filter, v, Lanes.BYTES), 0);
            for (int i = 0; i < spec.pixels; i++) {
              code.fma(acc[i], code.load(code.address(rows[i], v, Lanes.BYTES), 0), factor);
            }
          });
      if (spec.masked) {
        Mask mask = code.first(code.longArgument(5));
        Vec factor = code.load(code.address(filter, vectors, Lanes.BYTES), mask);
        for (int i = 0; i < spec.pixels; i++) {
          Num at = code.address(rows[i], vectors, Lanes.BYTES);
          code.fma(acc[i], code.load(at, mask), factor);
        }
      }
      for (int i = 0; i < spec.pixels; i++) {
        code.store(acc[i], sums, (long) i * Lanes.BYTES);
      }
    }

    private static void exercise(Spec spec, DotTile kernel, long scratch, int depth) {
      kernel.run(scratch, 64, scratch, scratch, Math.min(depth, 256), spec.masked ? 1 : 0);
    }
  }
}
