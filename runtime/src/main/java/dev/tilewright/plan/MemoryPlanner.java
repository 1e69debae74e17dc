package dev.tilewright.plan;

import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * Gives every buffer an offset in one arena, so that buffers alive at the same time do not overlap.
 *
 * <p>One after the other, each into the smallest gap it fits among those already placed (greedy
 * with best fit, Pisarchyk and Lee 2020, arXiv:2001.03288). No order of placing is the best for
 * every network: several are tried, then the best is changed step by step, what ended up on top
 * being placed earlier. The smallest arena wins; the same buffers always give the same one.
 */
final class MemoryPlanner {
  /** Offsets are multiples of this: a cache line, and the widest vector. */
  private static final long ALIGNMENT = 64;

  /**
   * Comparisons of two buffers that may be spent on changing the order: about a millisecond. So 500
   * buffers are placed 4 times more, 100 buffers 120 times.
   */
  private static final long COMPARISONS = 600_000;

  /**
   * Buffers that are placed that way at most: each is compared with all others, which takes 0.1 s
   * for so many. Of more, each gets the smallest gap that is free when it is written first.
   */
  private static final int MOST_BUFFERS = 4096;

  /** How many times that may be spent on arenas that are still larger than they must be. */
  private static final int CLIMB = 10;

  /**
   * Memory that must keep its contents from one step to another.
   *
   * @param first step that writes it; -1 if it is there before the first
   * @param last step that reads it
   */
  record Buffer(String name, long bytes, int first, int last) {
    private int steps() {
      return last - first + 1;
    }

    private long area() {
      return bytes * steps();
    }

    boolean overlaps(Buffer other) {
      return first <= other.last && other.first <= last;
    }
  }

  /**
   * @param offsets in bytes, of the buffers in the order in which they were given
   * @param lowerBound largest sum of sizes alive at one step
   */
  record Layout(List<Long> offsets, long bytes, long lowerBound) {}

  private static final Comparator<Buffer> BY_TIME =
      Comparator.comparingInt(Buffer::first)
          .thenComparing(Comparator.comparingLong(Buffer::bytes).reversed());

  private static final List<Comparator<Buffer>> ORDERS =
      List.of(
          Comparator.comparingLong(Buffer::bytes).reversed(),
          Comparator.comparingLong(Buffer::area).reversed(),
          Comparator.comparingInt(Buffer::steps).thenComparingLong(Buffer::bytes).reversed(),
          Comparator.comparingInt(Buffer::first),
          Comparator.comparingInt(Buffer::last).reversed());

  private final int[] first;
  private final int[] last;
  private final long[] size;

  private MemoryPlanner(List<Buffer> buffers) {
    first = buffers.stream().mapToInt(Buffer::first).toArray();
    last = buffers.stream().mapToInt(Buffer::last).toArray();
    size = buffers.stream().mapToLong(b -> aligned(b.bytes)).toArray();
  }

  static Layout plan(List<Buffer> buffers) {
    return new MemoryPlanner(buffers).best(buffers);
  }

  /** Largest sum of sizes alive at one step: no arena can be smaller. */
  static long lowerBound(List<Buffer> buffers) {
    int steps = buffers.stream().mapToInt(Buffer::last).max().orElse(-1) + 1;
    long[] change = new long[steps + 2];
    for (Buffer b : buffers) {
      change[b.first + 1] += aligned(b.bytes);
      change[b.last + 2] -= aligned(b.bytes);
    }
    long alive = 0;
    long most = 0;
    for (long c : change) {
      alive += c;
      most = Math.max(most, alive);
    }
    return most;
  }

  private Layout best(List<Buffer> buffers) {
    long lowerBound = lowerBound(buffers);
    int[] all = IntStream.range(0, buffers.size()).filter(b -> size[b] > 0).toArray();
    int count = all.length; // most steps have no scratch
    if (count > MOST_BUFFERS) {
      long[] offsets = placeInTime(sorted(all, buffers, BY_TIME));
      return new Layout(LongStream.of(offsets).boxed().toList(), end(offsets), lowerBound);
    }
    int[] order = all;
    long[] best = new long[size.length];
    long bytes = Long.MAX_VALUE;
    for (Comparator<Buffer> comparator : ORDERS) {
      int[] candidate = sorted(all, buffers, comparator);
      long[] offsets = place(candidate);
      if (end(offsets) < bytes) {
        bytes = end(offsets);
        best = offsets;
        order = candidate;
      }
    }
    long[] offsets = best;
    int[] first = order;
    long rounds = count == 0 ? 0 : COMPARISONS * 2 / ((long) count * count);
    for (int i = 0; i < Math.min(rounds, 200) && bytes > lowerBound; i++) {
      order = topFirst(order, offsets);
      offsets = place(order);
      if (end(offsets) < bytes) {
        bytes = end(offsets);
        best = offsets;
        first = order;
      }
    }
    // A hill climb with a seed: where following the top goes round in circles, chance gets out.
    SplittableRandom random = new SplittableRandom(count);
    order = first;
    long reached = bytes;
    for (long i = 0; i < rounds * CLIMB && bytes > lowerBound; i++) {
      int[] candidate = moved(order, random.nextInt(count), random.nextInt(count));
      offsets = place(candidate);
      if (end(offsets) <= reached) {
        reached = end(offsets);
        order = candidate;
      }
      if (reached < bytes) {
        bytes = reached;
        best = offsets;
      }
    }
    return new Layout(LongStream.of(best).boxed().toList(), bytes, lowerBound);
  }

  private static int[] sorted(int[] some, List<Buffer> buffers, Comparator<Buffer> comparator) {
    return IntStream.of(some)
        .boxed()
        .sorted(Comparator.comparing(buffers::get, comparator))
        .mapToInt(i -> i)
        .toArray();
  }

  /** In the order in which they are written first, each where the least is free by then. */
  private long[] placeInTime(int[] order) {
    long[] offsets = new long[size.length];
    GapList gaps = new GapList();
    PriorityQueue<Integer> alive = new PriorityQueue<>(Comparator.comparingInt(b -> last[b]));
    for (int buffer : order) {
      while (!alive.isEmpty() && last[alive.peek()] < first[buffer]) {
        int dead = alive.remove();
        gaps.free(offsets[dead], size[dead]);
      }
      offsets[buffer] = gaps.take(size[buffer]);
      alive.add(buffer);
    }
    return offsets;
  }

  /** The order in which what now reaches the top of the arena comes first. */
  private int[] topFirst(int[] order, long[] offsets) {
    long end = end(offsets);
    return IntStream.concat(
            IntStream.of(order).filter(b -> offsets[b] + size[b] == end),
            IntStream.of(order).filter(b -> offsets[b] + size[b] != end))
        .toArray();
  }

  /** The order in which one buffer is placed at another time. */
  private static int[] moved(int[] order, int from, int to) {
    int[] result = order.clone();
    int step = from < to ? 1 : -1;
    for (int i = from; i != to; i += step) {
      result[i] = result[i + step];
    }
    result[to] = order[from];
    return result;
  }

  private long end(long[] offsets) {
    long end = 0;
    for (int i = 0; i < offsets.length; i++) {
      end = Math.max(end, offsets[i] + size[i]);
    }
    return end;
  }

  private long[] place(int[] order) {
    long[] offsets = new long[size.length];
    int[] placed = new int[order.length]; // by offset
    for (int count = 0; count < order.length; count++) {
      int buffer = order[count];
      offsets[buffer] = bestGap(buffer, placed, count, offsets);
      int at = count;
      for (; at > 0 && offsets[placed[at - 1]] > offsets[buffer]; at--) {
        placed[at] = placed[at - 1];
      }
      placed[at] = buffer;
    }
    return offsets;
  }

  private long bestGap(int buffer, int[] placed, int count, long[] offsets) {
    long free = 0; // end of what overlaps in time, so far
    long best = -1;
    long bestGap = Long.MAX_VALUE;
    for (int i = 0; i < count; i++) {
      int other = placed[i];
      if (first[other] > last[buffer] || first[buffer] > last[other]) {
        continue;
      }
      long gap = offsets[other] - free;
      if (gap >= size[buffer] && gap < bestGap) {
        best = free;
        bestGap = gap;
      }
      free = Math.max(free, offsets[other] + size[other]);
    }
    return best >= 0 ? best : free;
  }

  private static long aligned(long bytes) {
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }
}
