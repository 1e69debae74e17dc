package dev.tilewright.vector;

import dev.tilewright.vector.ScalarCode.Count;
import dev.tilewright.vector.ScalarCode.Num;
import dev.tilewright.vector.ScalarCode.Scalar;
import dev.tilewright.vector.VectorCode.Vec;
import java.util.List;
import java.util.stream.IntStream;

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

  /** Sizes worth having: mr * nv accumulators, nv vectors and a broadcast fit the registers. */
  static List<MicroTile> tiles() {
    return Lanes.REGISTERS >= 32 ? Kernels.OF_32 : Kernels.OF_16;
  }

  /**
   * Share of the peak with data in L1 or L2. Measured at 512 bits and depth 64, in three starts:
   * with two vectors 6 rows 88 %, 7 to 13 rows 90 to 95, 14 rows 83 (it spills); with three 90 to
   * 94 (8 rows 72); with four 3 rows 84, 4 to 6 rows 90 to 94; at depth 256 all of these but 3 and
   * 4 rows 94 to 97. At 256 bits with 32 registers 5 to 10 rows of two, 4 of three and 3 of four
   * reach 86 to 96, one vector 70 to 76; with 16 as {@link MicroTile#efficiency} says.
   */
  static double efficiency(MicroTile tile, int depth) {
    double steady = tile.nv() == 1 ? 0.75 : 0.96;
    // A row of the filter is loaded for every mr rows.
    double loads = Math.min(1, 0.6 + 0.09 * tile.mr());
    double needed = Lanes.REGISTERS >= 32 ? 12 : 10;
    int chains = tile.mr() * tile.nv();
    double cycles = (double) depth * chains / 2;
    return steady * loads * Math.min(1, chains / needed) * cycles / (cycles + 30);
  }

  /** Those made so far. */
  final class Kernels {
    private static final List<MicroTile> OF_32 =
        sizes(
            13, 2, 12, 2, 11, 2, 10, 2, 9, 2, 7, 2, 6, 2, 4, 2, 7, 3, 6, 3, 5, 3, 6, 4, 5, 4, 4, 4,
            3, 4, 2, 4, 1, 8, 13, 1, 8, 1, 4, 1, 1, 1);

    private static final List<MicroTile> OF_16 =
        sizes(6, 2, 4, 2, 3, 2, 3, 3, 2, 4, 1, 8, 12, 1, 10, 1, 8, 1, 4, 1, 1, 1);

    private static final Generated<Spec, BatchedProduct> ALL =
        new Generated<>(
            BatchedProduct.class, "product", Kernels::emit, Kernels::exercise, Kernels::work);

    private Kernels() {}

    /** From pairs of rows and vectors. */
    private static List<MicroTile> sizes(int... pairs) {
      return IntStream.range(0, pairs.length / 2)
          .mapToObj(i -> new MicroTile(pairs[2 * i], pairs[2 * i + 1]))
          .toList();
    }

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
      ProductLoop.emit(
          code,
          depth,
          acc,
          new ProductLoop.Operands() {
            @Override
            public Scalar[] factors(Count k) {
              Num row = code.address(src, k, 4);
              Scalar[] a = new Scalar[spec.mr];
              for (int i = 0; i < spec.mr; i++) {
                a[i] = code.loadScalar(row, i * spec.pitch);
              }
              return a;
            }

            @Override
            public Num firstRow() {
              return code.address(filter, 0);
            }

            @Override
            public Num nextRow(Num row, Count k) {
              return code.address(row, (long) spec.nv * Lanes.BYTES);
            }

            @Override
            public Num row(Count k) {
              return code.address(filter, k, (long) spec.nv * Lanes.BYTES);
            }
          });
      Num dst = code.address(code.longArgument(2), 0);
      for (int i = 0; i < spec.mr; i++) {
        for (int j = 0; j < spec.nv; j++) {
          code.store(acc[i][j], dst, ((long) i * spec.nv + j) * Lanes.BYTES);
        }
      }
    }

    /** One call on scratch memory, which rows as far apart as these must fit. */
    private static void exercise(Spec spec, BatchedProduct kernel, long scratch, int depth) {
      kernel.run(scratch, scratch, scratch + Generated.SCRATCH_BYTES / 2, depth);
    }

    /** Fewer than eight sums wait for each other: two units, four cycles. */
    private static double work(Spec spec, int depth) {
      return (double) depth * Math.max(spec.mr * spec.nv, 8);
    }
  }
}
