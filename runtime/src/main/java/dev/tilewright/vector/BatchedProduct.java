package dev.tilewright.vector;

import dev.tilewright.vector.VectorCode.Count;
import dev.tilewright.vector.VectorCode.Num;
import dev.tilewright.vector.VectorCode.Vec;

/**
 * A micro-kernel for many small products of one shape: dst[i][j] = sum over k of src[i][k] *
 * filter[k][j]. Its strides are part of its code: every row of src is one address and a constant.
 */
interface BatchedProduct {
  /**
   * What a kernel is made for.
   *
   * @param mr rows
   * @param nv vectors of columns
   * @param pitch bytes from one row of src to the next
   */
  record Spec(int mr, int nv, long pitch) {}

  /**
   * Computes a tile; its result is dense.
   *
   * @param src address of mr rows of {@code depth} floats
   * @param filter address of [depth][nv][lanes]
   * @param dst address of [mr][nv][lanes]
   * @param depth terms of each sum, at least 1
   */
  void run(long src, long filter, long dst, int depth);

  static BatchedProduct of(Spec spec) {
    return Kernels.ALL.get(spec);
  }

  /** Those made so far. */
  final class Kernels {
    private static final Generated<Spec, BatchedProduct> ALL =
        new Generated<>(BatchedProduct.class, "product", Kernels::emit, Kernels::exercise);

    private Kernels() {}

    private static void emit(VectorCode code, Spec spec) {
      Num src = code.longArgument(0);
      Num filter = code.longArgument(1);
      Count depth = code.intArgument(3);
      Vec zero = code.constant(0);
      Vec[][] acc = new Vec[spec.mr][spec.nv];
      for (int i = 0; i < spec.mr; i++) {
        for (int j = 0; j < spec.nv; j++) {
          acc[i][j] = code.copy(zero);
        }
      }
      code.loop(
          depth,
          k -> {
            Num row = code.address(src, k, 4);
            Num panel = code.address(filter, k, (long) spec.nv * Lanes.BYTES);
            Vec[] b = new Vec[spec.nv];
            for (int j = 0; j < spec.nv; j++) {
              b[j] = code.load(panel, (long) j * Lanes.BYTES);
            }
            for (int i = 0; i < spec.mr; i++) {
              Vec a = code.broadcast(row, i * spec.pitch);
              for (int j = 0; j < spec.nv; j++) {
                code.fma(acc[i][j], a, b[j]);
              }
            }
          });
      Num dst = code.address(code.longArgument(2), 0);
      for (int i = 0; i < spec.mr; i++) {
        for (int j = 0; j < spec.nv; j++) {
          code.store(acc[i][j], dst, ((long) i * spec.nv + j) * Lanes.BYTES);
        }
      }
    }

    /** One short call on scratch memory, which rows as far apart as these must fit. */
    private static void exercise(Spec spec, BatchedProduct kernel, long scratch) {
      kernel.run(scratch, scratch, scratch, 32);
    }
  }
}
