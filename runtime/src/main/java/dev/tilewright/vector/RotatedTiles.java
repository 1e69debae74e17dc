package dev.tilewright.vector;

import dev.tilewright.conv.Activation;
import dev.tilewright.vector.ScalarCode.Count;
import dev.tilewright.vector.ScalarCode.Num;
import dev.tilewright.vector.VectorCode.Mask;
import dev.tilewright.vector.VectorCode.Vec;
import org.jspecify.annotations.Nullable;

/**
 * Generates micro-kernels for groups narrower than a vector, of which a vector holds several.
 *
 * <p>Lanes are input channels, and no lane moves in the loop: with U channels in and out, a pixel
 * has U accumulators, and in the d-th lane c collects what input c of its group gives to output c +
 * d (mod U). An input vector so meets U filter vectors and every lane works. At the end the d-th
 * accumulator is rotated by d lanes within its group, and all are added: U - 1 permutations for a
 * pixel's taps * U multiply-adds.
 *
 * <p>With fewer inputs than outputs, inputs are repeated in the band, so that a group is several
 * units of U = C/G lanes. With fewer outputs, a group is several units of U = K/G lanes, which are
 * added at the very end. See {@link GroupLanes}.
 */
final class RotatedTiles {
  /**
   * What a micro-kernel is made for.
   *
   * @param mr pixels
   * @param in input channels of a group
   * @param out output channels of a group
   * @param masked whether the outputs of a vector are fewer than its lanes
   */
  record Spec(int mr, int in, int out, boolean residual, Activation activation, boolean masked) {
    int unit() {
      return Math.min(in, out);
    }
  }

  private static final Generated<Spec, GroupTile> KERNELS =
      new Generated<>(
          GroupTile.class,
          "rotated",
          RotatedTiles::emit,
          RotatedTiles::exercise,
          RotatedTiles::work);

  private RotatedTiles() {}

  static GroupTile get(Spec spec) {
    return KERNELS.get(spec);
  }

  private static void emit(VectorCode code, Spec spec) {
    Num src = code.longArgument(1);
    Num filter = code.address(code.longArgument(4), 0);
    Num factors = code.address(filter, Lanes.BYTES);
    Mask[] mask = spec.masked ? new Mask[] {code.first(code.longArgument(9))} : null;
    code.loop(
        code.intArgument(10),
        tile -> {
          Num first = code.least(tile, spec.mr, code.longArgument(11));
          Num rows = code.address(code.longArgument(0), code.times(first, 8));
          Num[] row = new Num[spec.mr];
          for (int i = 0; i < spec.mr; i++) {
            row[i] = code.address(src, code.loadLong(rows, 8L * i));
          }
          Vec bias = code.load(filter, 0);
          Vec[][] acc = new Vec[spec.mr][spec.unit()];
          for (Vec[] pixel : acc) {
            for (int d = 0; d < pixel.length; d++) {
              pixel[d] = d == 0 ? code.copy(bias) : code.constant(0);
            }
          }
          code.loop(code.intArgument(3), k -> step(code, spec, row, factors, k, acc));
          code.exact(acc);
          store(code, spec, acc, first, mask);
        });
  }

  /** Adds the products of a tap. */
  private static void step(
      VectorCode code, Spec spec, Num[] row, Num factors, Count k, Vec[][] acc) {
    code.exact(acc);
    Num tap = code.loadOffset(code.address(code.longArgument(2), k, 4));
    Num panel = code.address(factors, k, (long) spec.unit() * Lanes.BYTES);
    Vec[] x = new Vec[spec.mr];
    for (int i = 0; i < spec.mr; i++) {
      x[i] = code.load(code.sum(row[i], tap), 0);
    }
    for (int d = 0; d < spec.unit(); d++) {
      Vec w = code.load(panel, (long) d * Lanes.BYTES);
      for (int i = 0; i < spec.mr; i++) {
        code.fma(acc[i][d], x[i], w);
      }
    }
  }

  private static void store(
      VectorCode code, Spec spec, Vec[][] acc, Num first, Mask @Nullable [] mask) {
    Num dst = code.address(code.longArgument(5), code.times(first, code.longArgument(6)));
    Num residual = code.longArgument(7);
    if (spec.residual) {
      residual = code.address(residual, code.times(first, code.longArgument(8)));
    }
    for (int i = 0; i < spec.mr; i++) {
      int mark = code.mark();
      Vec sum = total(code, spec, acc[i]);
      if (spec.residual) {
        sum = code.add(sum, mask == null ? code.load(residual, 0) : code.load(residual, mask[0]));
      }
      Vec y = FunctionCode.emit(code, spec.activation, sum);
      if (mask == null) {
        code.store(y, dst, 0);
      } else {
        code.store(y, dst, mask[0]);
      }
      code.release(mark);
      dst = code.address(dst, code.longArgument(6));
      residual = spec.residual ? code.address(residual, code.longArgument(8)) : residual;
    }
  }

  /** By Horner's rule, so that one permutation does for all and takes one register. */
  private static Vec total(VectorCode code, Spec spec, Vec[] acc) {
    int unit = spec.unit();
    int[] from = new int[Lanes.LENGTH];
    for (int lane = 0; lane < from.length; lane++) {
      int rotated = lane - lane % unit + (lane % unit + unit - 1) % unit;
      from[lane] = rotated < Lanes.LENGTH ? rotated : lane;
    }
    Vec sum = acc[unit - 1];
    for (int d = unit - 2; d >= 0; d--) {
      sum = code.add(acc[d], code.permute(sum, from));
    }
    return spec.in > spec.out ? units(code, spec, sum) : sum;
  }

  /** Adds the units of each group and brings the groups together. */
  private static Vec units(VectorCode code, Spec spec, Vec v) {
    Vec sum = null;
    for (int u = 0; u < spec.in / spec.out; u++) {
      int[] from = new int[Lanes.LENGTH];
      for (int lane = 0; lane < from.length; lane++) {
        int source = lane / spec.out * spec.in + u * spec.out + lane % spec.out;
        from[lane] = source < Lanes.LENGTH ? source : lane;
      }
      Vec part = code.permute(v, from);
      sum = sum == null ? part : code.add(sum, part);
    }
    return sum == null ? v : sum;
  }

  /** The tables are all zeros, and input and filter lie in the same memory. */
  private static void exercise(Spec spec, GroupTile tile, long scratch, int depth) {
    long dst = scratch + Generated.SCRATCH_BYTES * 3 / 4;
    tile.run(
        scratch,
        scratch,
        scratch,
        depth,
        scratch,
        dst,
        64,
        scratch,
        64,
        spec.masked ? 1 : 0,
        2,
        spec.mr);
  }

  /** Of tiles that do not wait: few sums do for each other, one factor for loads. */
  private static double work(Spec spec, int depth) {
    int sums = spec.mr * spec.unit();
    return sums < 16 || spec.unit() == 1 ? 0 : 2.0 * depth * sums;
  }
}
