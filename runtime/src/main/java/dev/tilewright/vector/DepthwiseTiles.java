package dev.tilewright.vector;

import dev.tilewright.tensor.Memory;
import java.lang.foreign.ValueLayout;

/** Generates depthwise micro-kernels; one class a specification, shared by all layers. */
final class DepthwiseTiles {
  /**
   * Of an exercise. C2 compiles the straight-line code for the number of steps it has seen: after
   * exercises of 24 it was 30 % slower in four of six starts, after those of 2 in none.
   */
  private static final int STEPS = 2;

  private static final Generated<DepthwiseSpec, DepthwiseTile> KERNELS =
      new Generated<>(
          DepthwiseTile.class,
          "depthwise",
          (code, spec) -> new DepthwiseCode(code, spec).emit(),
          DepthwiseTiles::exercise,
          // The exercise is two steps long, and loads and stores as much as it computes.
          (spec, depth) -> 0);

  private DepthwiseTiles() {}

  static DepthwiseTile get(DepthwiseSpec spec) {
    return KERNELS.get(spec);
  }

  private static void exercise(DepthwiseSpec spec, DepthwiseTile tile, long scratch, int depth) {
    // The rows' addresses are read from the scratch memory itself.
    long data = scratch + 4096;
    for (int r = 0; r < spec.rows() * spec.kernelHeight(); r++) {
      Memory.ALL.set(ValueLayout.JAVA_LONG, scratch + 8L * r, data);
    }
    long dst = data + Generated.SCRATCH_BYTES * 3 / 4;
    tile.run(
        scratch,
        0,
        4,
        STEPS,
        0,
        1,
        data,
        filterRows(spec),
        dst,
        4,
        256,
        data,
        4,
        256,
        0,
        spec.window(),
        data);
  }

  private static int filterRows(DepthwiseSpec spec) {
    return Math.min(spec.kernelHeight(), 8);
  }
}
