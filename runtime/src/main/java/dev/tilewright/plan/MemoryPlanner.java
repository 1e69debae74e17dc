package dev.tilewright.plan;

import dev.tilewright.graph.Value;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Gives every buffer an offset in one arena, so that buffers alive at the same time do not overlap.
 *
 * <p>One after the other, each into the smallest gap it fits among those already placed (greedy
 * with best fit, Pisarchyk and Lee 2020, arXiv:2001.03288). No order of placing is the best for
 * every network, and placing takes microseconds: several are tried and the smallest arena wins.
 */
final class MemoryPlanner {
  /** Offsets are multiples of this: a cache line, and the widest vector. */
  private static final long ALIGNMENT = 64;

  /**
   * A buffer and the steps between which it must keep its contents.
   *
   * @param first step that writes it; -1 if it is there before the first
   * @param last step that reads it
   */
  record Buffer(Value value, long bytes, int first, int last) {
    int steps() {
      return last - first + 1;
    }

    long area() {
      return bytes * steps();
    }

    boolean overlaps(Buffer other) {
      return first <= other.last && other.first <= last;
    }
  }

  /**
   * @param offsets of the buffers, by value, in bytes
   * @param lowerBound largest sum of sizes alive at one step
   */
  record Layout(Map<Value, Long> offsets, long bytes, long lowerBound) {}

  private MemoryPlanner() {}

  private static final List<Comparator<Buffer>> ORDERS =
      List.of(
          Comparator.comparingLong(Buffer::bytes).reversed(),
          Comparator.comparingLong(Buffer::area).reversed(),
          Comparator.comparingInt(Buffer::steps).thenComparingLong(Buffer::bytes).reversed(),
          Comparator.comparingInt(Buffer::first),
          Comparator.comparingInt(Buffer::last).reversed());

  static Layout plan(List<Buffer> buffers) {
    long lowerBound = lowerBound(buffers);
    Layout best = null;
    for (Comparator<Buffer> order : ORDERS) {
      Layout layout = place(buffers.stream().sorted(order).toList(), lowerBound);
      best = best == null || layout.bytes < best.bytes ? layout : best;
      if (best.bytes == lowerBound) {
        break;
      }
    }
    return Objects.requireNonNull(best, "there is an order");
  }

  private static Layout place(List<Buffer> inOrder, long lowerBound) {
    Map<Value, Long> offsets = new HashMap<>();
    List<Buffer> placed = new ArrayList<>(); // by offset
    long end = 0;
    for (Buffer buffer : inOrder) {
      long offset = bestGap(buffer, placed, offsets);
      offsets.put(buffer.value, offset);
      placed.add(buffer);
      placed.sort(Comparator.comparingLong(b -> offset(offsets, b)));
      end = Math.max(end, offset + aligned(buffer.bytes));
    }
    return new Layout(Map.copyOf(offsets), end, lowerBound);
  }

  private static long bestGap(Buffer buffer, List<Buffer> placed, Map<Value, Long> offsets) {
    long size = aligned(buffer.bytes);
    long free = 0; // end of what overlaps in time, so far
    long best = -1;
    long bestSize = Long.MAX_VALUE;
    for (Buffer other : placed) {
      if (!other.overlaps(buffer)) {
        continue;
      }
      long start = offset(offsets, other);
      long gap = start - free;
      if (gap >= size && gap < bestSize) {
        best = free;
        bestSize = gap;
      }
      free = Math.max(free, start + aligned(other.bytes));
    }
    return best >= 0 ? best : free;
  }

  private static long lowerBound(List<Buffer> buffers) {
    int steps = buffers.stream().mapToInt(Buffer::last).max().orElse(-1) + 1;
    long most = 0;
    for (int step = -1; step < steps; step++) {
      long alive = 0;
      for (Buffer b : buffers) {
        alive += b.first <= step && step <= b.last ? aligned(b.bytes) : 0;
      }
      most = Math.max(most, alive);
    }
    return most;
  }

  private static long offset(Map<Value, Long> offsets, Buffer buffer) {
    Long offset = offsets.get(buffer.value);
    return offset == null ? 0 : offset;
  }

  private static long aligned(long bytes) {
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }
}
