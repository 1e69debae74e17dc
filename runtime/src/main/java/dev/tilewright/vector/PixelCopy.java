package dev.tilewright.vector;

import dev.tilewright.vector.ScalarCode.Count;
import dev.tilewright.vector.ScalarCode.Num;
import dev.tilewright.vector.VectorCode.Mask;
import dev.tilewright.vector.VectorCode.Vec;

/** Copies one vector of channels of each pixel of some rows. Instances are generated. */
interface PixelCopy {
  /**
   * Copies. Distances are in bytes; 0 repeats.
   *
   * @param src of the first pixel
   * @param srcPixel from one pixel of a row to the next
   * @param srcRow from one row to the next
   * @param lanes that masked copies read; the others become zero
   */
  void run(
      long src,
      long srcPixel,
      long srcRow,
      long dst,
      long dstPixel,
      long dstRow,
      int rows,
      int columns,
      long lanes);

  /**
   * The copy that leaves lanes where they are.
   *
   * @param masked whether fewer channels than lanes are read
   */
  static PixelCopy plain(boolean masked) {
    return Kernels.ALL.get(new Kernels.Spec(1, 1, masked));
  }

  /** The copy that repeats each {@code in} channels until they fill {@code lanes}; masked. */
  static PixelCopy repeating(int in, int lanes) {
    return Kernels.ALL.get(new Kernels.Spec(in, lanes, true));
  }

  /** The generated classes. */
  final class Kernels {
    private record Spec(int in, int lanes, boolean masked) {}

    private static final Generated<Spec, PixelCopy> ALL =
        new Generated<>(
            PixelCopy.class, "pixels", Kernels::emit, Kernels::exercise, (spec, depth) -> 0);

    private Kernels() {}

    private static void emit(VectorCode code, Spec spec) {
      Num srcPixel = code.longArgument(1);
      Num srcRow = code.longArgument(2);
      Num dstPixel = code.longArgument(4);
      Num dstRow = code.longArgument(5);
      Count columns = code.intArgument(7);
      Mask[] mask = spec.masked ? new Mask[] {code.first(code.longArgument(8))} : null;
      code.loop(
          code.intArgument(6),
          r -> {
            Num from = code.address(code.longArgument(0), r, srcRow);
            Num to = code.address(code.longArgument(3), r, dstRow);
            code.loop(
                columns,
                i -> {
                  Num at = code.address(from, i, srcPixel);
                  Vec v = mask == null ? code.load(at, 0) : code.load(at, mask[0]);
                  code.store(repeated(code, spec, v), code.address(to, i, dstPixel), 0);
                });
          });
    }

    private static Vec repeated(VectorCode code, Spec spec, Vec v) {
      if (spec.in == spec.lanes) {
        return v;
      }
      int[] from = new int[Lanes.LENGTH];
      for (int lane = 0; lane < from.length; lane++) {
        from[lane] = lane / spec.lanes * spec.in + lane % spec.lanes % spec.in;
      }
      return code.permute(v, from);
    }

    /** One short call on scratch memory. */
    private static void exercise(Spec spec, PixelCopy copy, long scratch, int depth) {
      copy.run(scratch, 64, 1024, scratch + 8192, 64, 1024, 2, 16, 1);
    }
  }
}
