package dev.tilewright.vector;

import dev.tilewright.kernel.Task;
import dev.tilewright.tensor.Memory;
import dev.tilewright.vector.Nest.Loop;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Moves 4-byte elements from one place to another, both given by a {@link Nest} (operand 0 is dst,
 * 1 is src). Transpose, Slice, Concat and nearest-neighbour enlargement are all this.
 *
 * <p>Three ways, by where the step of one element is: in the innermost loop on both sides (runs),
 * in different loops (a matrix transposition, {@link Tiles}, or an {@link Interleave}), or only in
 * dst.
 */
final class StridedCopy {
  /** A run of this many bytes is worth a call of the JDK's copy. */
  private static final long LONG_RUN = 512;

  private StridedCopy() {}

  /**
   * @param loops merged, in the order of dst
   * @param src where the first element is
   * @param dst where it goes
   */
  static Task task(List<Loop> loops, long src, long dst) {
    List<Loop> all = new ArrayList<>(loops);
    if (all.isEmpty() || all.getLast().step(0) != 4) {
      all.add(new Loop(1, 4, 4)); // rows of one element, or one element
    }
    Loop inner = all.getLast();
    if (inner.step(1) != 4) {
      for (int i = 0; i < all.size() - 1; i++) {
        if (all.get(i).step(1) == 4) {
          if (Interleave.fits(inner, all.get(i))) {
            List<Loop> matrices = new ArrayList<>(all.subList(0, all.size() - 1));
            return Interleave.task(matrices, inner, matrices.remove(i), src, dst);
          }
          return Tiles.task(all, i, src, dst);
        }
      }
    }
    return runs(all, src, dst);
  }

  /** A unit is a run along the innermost loop. */
  private static Task runs(List<Loop> loops, long src, long dst) {
    Loop inner = loops.getLast();
    Loop rows = loops.size() > 1 ? loops.get(loops.size() - 2) : new Loop(1, 0, 0);
    Loop[] outer = loops.subList(0, Math.max(0, loops.size() - 2)).toArray(Loop[]::new);
    long units = rows.size * Odometer.size(outer);
    return new UnitTask(units, 8 * inner.size + 16) {
      @Override
      void units(long from, long to, int worker) {
        long unit = from;
        while (unit < to) {
          long row = unit % rows.size;
          long count = Math.min(rows.size - row, to - unit);
          long d = dst + Odometer.offset(outer, unit / rows.size, 0) + row * rows.step(0);
          long s = src + Odometer.offset(outer, unit / rows.size, 1) + row * rows.step(1);
          copy(d, rows.step(0), s, rows.step(1), count, inner);
          unit += count;
        }
      }
    };
  }

  private static void copy(long dst, long ldd, long src, long lds, long rows, Loop inner) {
    long n = inner.size;
    if (inner.step(1) != 4) {
      gather(dst, ldd, src, lds, rows, inner);
    } else if (4 * n >= LONG_RUN) {
      for (long r = 0; r < rows; r++) {
        MemorySegment.copy(Memory.ALL, src + r * lds, Memory.ALL, dst + r * ldd, 4 * n);
      }
    } else if (n >= Lanes.LENGTH) {
      vectors(dst, ldd, src, lds, rows, (int) n);
    } else {
      gather(dst, ldd, src, lds, rows, inner);
    }
  }

  private static void vectors(long dst, long ldd, long src, long lds, long rows, int n) {
    long end = (n - Lanes.LENGTH) * 4L;
    int vectors = Lanes.cover(n);
    for (long r = 0; r < rows; r++) {
      for (int i = 0; i < vectors; i++) {
        long at = Math.min((long) i * Lanes.BYTES, end);
        Lanes.store(Lanes.load(src + r * lds + at), dst + r * ldd + at);
      }
    }
  }

  private static void gather(long dst, long ldd, long src, long lds, long rows, Loop inner) {
    int n = (int) inner.size;
    long step = inner.step(1);
    for (long r = 0; r < rows; r++) {
      for (int i = 0; i < n; i++) {
        Lanes.set(dst + r * ldd + 4L * i, Lanes.get(src + r * lds + step * i));
      }
    }
  }
}
