package dev.tilewright.vector;

import dev.tilewright.conv.Activation;
import dev.tilewright.vector.ScalarCode.Count;
import dev.tilewright.vector.ScalarCode.Num;
import dev.tilewright.vector.ScalarCode.Scalar;
import dev.tilewright.vector.VectorCode.Mask;
import dev.tilewright.vector.VectorCode.Vec;
import org.jspecify.annotations.Nullable;

/** Generates micro-kernels of any tile; one class a specification, shared by all layers. */
final class GemmTiles {
  /**
   * What a micro-kernel is made for.
   *
   * @param mr pixels, a multiple of width
   * @param width pixels in a row
   * @param nv vectors of output channels
   * @param strides distances of pixels and rows, or null if they come as arguments
   * @param factors where a pixel's factors and the filter's rows lie
   * @param activation a short one, see {@link FunctionCode#isShort}
   * @param masked one vector only, of which the first columns exist
   */
  record Spec(
      int mr,
      int width,
      int nv,
      @Nullable Strides strides,
      Factors factors,
      boolean residual,
      Activation activation,
      boolean masked) {
    Spec {
      if (mr % width != 0) {
        throw new IllegalArgumentException(mr + " pixels in rows of " + width);
      }
      if (masked && nv != 1) {
        throw new IllegalArgumentException("masked kernels have one vector");
      }
    }

    /** The same tile with another end. */
    Spec with(boolean withResidual, Activation withActivation) {
      return new Spec(mr, width, nv, strides, factors, withResidual, withActivation, masked);
    }
  }

  /** Where the factors of a pixel lie, and the rows of the filter that they are multiplied with. */
  enum Factors {
    /** One after another; so do the filter's rows. No table is read. */
    ADJACENT,
    /** A table says where the factors lie, one int each. */
    TABLE,
    /** A table says where each factor and its row of the filter lie, two ints. */
    PICKED
  }

  /**
   * Where the pixels of a tile lie.
   *
   * @param pixel bytes from one pixel to the next in a row
   * @param row bytes from one row of pixels to the next
   */
  record Strides(long pixel, long row) {
    private long of(int index, int width) {
      return index / width * row + index % width * pixel;
    }
  }

  /**
   * Pixels whose addresses C2 keeps apart without losing speed: with more, half of the broadcasts
   * wait for an address from the stack, 215 instead of 250 GFLOP/s.
   */
  static final int MOST_ROWS = 13;

  private static final Generated<Spec, GemmTile> KERNELS =
      new Generated<>(
          GemmTile.class, "gemm", GemmTiles::emit, GemmTiles::exercise, GemmTiles::work);

  private GemmTiles() {}

  static GemmTile get(Spec spec) {
    return KERNELS.get(spec);
  }

  private static void emit(VectorCode code, Spec spec) {
    Num src = code.address(code.longArgument(0), 0);
    Num taps = code.longArgument(3);
    Count depth = code.intArgument(4);
    Num filter = code.longArgument(5);
    Num bias = code.address(code.longArgument(6), 0);
    Num dstStride = code.longArgument(8);
    Num residualStride = code.longArgument(10);
    Num last = code.longArgument(11);
    int mr = spec.mr;
    int nv = spec.nv;

    Strides strides = spec.strides;
    boolean picked = spec.factors == Factors.PICKED;
    Num tapRows = picked ? code.address(taps, 4) : taps;
    Num nextTapRows = picked ? code.address(taps, 12) : taps;
    Num[] pixel = strides == null ? pixels(code, src, spec) : new Num[0];
    Vec[][] acc = new Vec[mr][nv];
    for (int j = 0; j < nv; j++) {
      boolean shifted = j == nv - 1 && !spec.masked;
      Vec start = shifted ? code.load(code.address(bias, last), 0) : code.load(bias, column(j));
      for (int i = 0; i < mr; i++) {
        acc[i][j] = code.copy(start);
      }
    }

    ProductLoop.emit(
        code,
        depth,
        acc,
        new ProductLoop.Operands() {
          @Override
          public Scalar[] factors(Count k) {
            Num tap =
                switch (spec.factors) {
                  case ADJACENT -> code.bounded(code.scaled(k, 4));
                  case TABLE -> code.loadOffset(code.address(taps, k, 4));
                  case PICKED -> code.loadOffset(code.address(taps, k, 8));
                };
            Scalar[] a = new Scalar[mr];
            Num first = strides == null ? tap : code.address(src, tap);
            for (int i = 0; i < mr; i++) {
              a[i] =
                  strides == null
                      ? code.loadScalar(pixel[i], tap)
                      : code.loadScalar(first, strides.of(i, spec.width));
            }
            return a;
          }

          @Override
          public int tableReads() {
            return switch (spec.factors) {
              case ADJACENT -> 0;
              case TABLE -> 1;
              case PICKED -> 2;
            };
          }

          @Override
          public Num firstRow() {
            return picked
                ? code.address(filter, code.loadOffset(tapRows))
                : code.address(filter, 0);
          }

          @Override
          public Num nextRow(Num row, Count k) {
            return picked
                ? code.address(filter, code.loadOffset(code.address(nextTapRows, k, 8)))
                : code.address(row, (long) nv * Lanes.BYTES);
          }

          @Override
          public Num row(Count k) {
            return picked
                ? code.address(filter, code.loadOffset(code.address(tapRows, k, 8)))
                : code.address(filter, k, (long) nv * Lanes.BYTES);
          }
        });

    boolean atOnce = FunctionCode.isFew(spec.activation);
    Activation now = atOnce ? spec.activation : Activation.none();
    Num dst = code.address(code.longArgument(7), 0);
    Num residual = code.address(code.longArgument(9), 0);
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
    Num last = code.longArgument(11);
    code.loop(
        code.count(spec.mr),
        i -> {
          Num dst = code.address(code.longArgument(7), i, code.longArgument(8));
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

  private static Num[] pixels(VectorCode code, Num src, Spec spec) {
    Num pixelStride = code.bounded(code.longArgument(1));
    Num rowStride = code.bounded(code.longArgument(2));
    Num[] pixel = new Num[spec.mr];
    for (int i = 0; i < spec.mr; i++) {
      // Sums, no multiples: C2 makes 7 * x a difference, which could be negative for all it knows.
      if (i == 0) {
        pixel[i] = src;
      } else if (i % spec.width == 0) {
        pixel[i] = code.sum(pixel[i - spec.width], rowStride);
      } else {
        pixel[i] = code.sum(pixel[i - 1], pixelStride);
      }
    }
    return pixel;
  }

  private static long column(int vector) {
    return (long) vector * Lanes.BYTES;
  }

  private static void exercise(Spec spec, GemmTile tile, long scratch, int depth) {
    // The table of factors is all zeros, src and filter lie in the same memory.
    tile.run(
        scratch,
        64,
        64,
        scratch,
        depth,
        scratch,
        scratch,
        scratch + Generated.SCRATCH_BYTES / 2,
        64,
        scratch,
        64,
        spec.masked ? 1 : 0);
  }

  /**
   * Two units of four cycles each: fewer than eight sums wait for each other, and a step takes as
   * long as its loads, of which there are two a cycle as well.
   */
  private static double work(Spec spec, int depth) {
    int step = Math.max(spec.mr * spec.nv, spec.mr + spec.nv);
    return (double) depth * Math.max(8, step);
  }
}
