package dev.tilewright.vector;

import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.Interpolation;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.op.LinearTaps;
import dev.tilewright.op.OpProblem;
import dev.tilewright.tensor.Memory;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.View;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.OptionalInt;
import jdk.incubator.vector.FloatVector;

/**
 * NEAREST and LINEAR resizing of [N, H, W, C] in H and W, with vectors over channels. Which samples
 * an output row or column reads, and with which weight, is in tables. A unit is a row of the
 * output.
 */
final class VectorResize implements Kernel {
  private final boolean nearest;
  private final LinearTaps rows;
  private final LinearTaps columns;

  private VectorResize(boolean nearest, LinearTaps rows, LinearTaps columns) {
    this.nearest = nearest;
    this.rows = rows;
    this.columns = columns;
  }

  static Optional<Kernel> of(OpProblem problem, Op.Resize op) {
    Shape src = problem.in().getFirst().shape();
    if (op.interpolation() == Interpolation.NEAREST) {
      OptionalInt first = LinearTaps.firstOfTwo(op, src);
      if (first.isPresent() && first.getAsInt() == src.rank() - 2) {
        return Optional.of(new NearestRows(op, src));
      }
    }
    if (op.interpolation() == Interpolation.CUBIC
        || (op.interpolation() == Interpolation.LINEAR && !Jit.fusedMultiplyAdd())
        || src.rank() != 4
        || src.dim(0) != op.sizes().dim(0)
        || src.dim(3) != op.sizes().dim(3)
        || op.scales().get(0) != 1
        || op.scales().get(3) != 1
        || src.dim(3) < Lanes.LENGTH
        || op.sizes().elements() == 0) {
      return Optional.empty();
    }
    return Optional.of(
        new VectorResize(
            op.interpolation() == Interpolation.NEAREST,
            LinearTaps.of(op, 1, src.dim(1)),
            LinearTaps.of(op, 2, src.dim(2))));
  }

  @Override
  public boolean acceptsStridedRows() {
    return true;
  }

  @Override
  public Task bind(Operands operands) {
    View src = operands.in().getFirst();
    View dst = operands.out().getFirst();
    int height = rows.outputs();
    int width = columns.outputs();
    int channels = src.columns();
    long pixel = 4 * src.rowStride();
    long ldd = 4 * dst.rowStride();
    return new UnitTask(
        (long) src.shape().dim(0) * height, (nearest ? 8L : 16L) * width * channels) {
      @Override
      void units(long from, long to, int worker) {
        for (long unit = from; unit < to; unit++) {
          int oh = (int) (unit % height);
          long image = src.address() + unit / height * rows.in() * columns.in() * pixel;
          long top = image + (long) rows.low(oh) * columns.in() * pixel;
          long bottom = image + (long) rows.high(oh) * columns.in() * pixel;
          long row = dst.address() + unit * width * ldd;
          if (nearest) {
            copy(top, pixel, row, ldd, channels);
          } else {
            blend(top, bottom, pixel, rows.weight(oh), row, ldd, channels);
          }
        }
      }
    };
  }

  private void copy(long src, long pixel, long dst, long ldd, int channels) {
    for (int ow = 0; ow < columns.outputs(); ow++) {
      long from = src + columns.low(ow) * pixel;
      MemorySegment.copy(Memory.ALL, from, Memory.ALL, dst + ow * ldd, 4L * channels);
    }
  }

  private void blend(
      long top, long bottom, long pixel, float down, long dst, long ldd, int channels) {
    for (int ow = 0; ow < columns.outputs(); ow++) {
      long left = columns.low(ow) * pixel;
      long right = columns.high(ow) * pixel;
      blend(
          top + left,
          top + right,
          bottom + left,
          bottom + right,
          down,
          columns.weight(ow),
          dst + ow * ldd,
          channels);
    }
  }

  /** Four neighbours a b above c d. */
  private static void blend(
      long a, long b, long c, long d, float down, float right, long dst, int channels) {
    long end = (channels - Lanes.LENGTH) * 4L;
    int vectors = Lanes.cover(channels);
    FloatVector wa = Lanes.broadcast((1 - down) * (1 - right));
    FloatVector wb = Lanes.broadcast((1 - down) * right);
    FloatVector wc = Lanes.broadcast(down * (1 - right));
    FloatVector wd = Lanes.broadcast(down * right);
    for (int i = 0; i < vectors; i++) {
      long at = Math.min((long) i * Lanes.BYTES, end);
      FloatVector sum = Lanes.load(a + at).mul(wa);
      sum = Lanes.load(b + at).fma(wb, sum);
      sum = Lanes.load(c + at).fma(wc, sum);
      Lanes.store(Lanes.load(d + at).fma(wd, sum), dst + at);
    }
  }
}
