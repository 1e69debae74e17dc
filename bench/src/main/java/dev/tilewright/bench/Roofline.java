package dev.tilewright.bench;

import java.util.ArrayList;
import java.util.List;

/**
 * The least time that work can take on this machine: that of its multiply-adds at the peak, or that
 * of its bytes at the rate at which as many bytes can be read, whichever is longer (Williams,
 * Waterman and Patterson, 2009, with a roof for each size instead of one for memory alone: most of
 * what a network touches is in a cache).
 *
 * @param threads that worked at once when this was measured
 * @param peakGflops a multiply-add counted as two
 * @param levels by size, smallest first
 */
record Roofline(int threads, double peakGflops, List<Level> levels) {
  /** Where few layers have fewer bytes, up to where no cache helps; four times as much each. */
  private static final long SMALLEST = 64 << 10;

  private static final long LARGEST = 64 << 20;

  /**
   * Memory of one size.
   *
   * @param bytesPerNano the best rate of reading it again and again
   */
  record Level(long bytes, double bytesPerNano) {}

  Roofline {
    levels = List.copyOf(levels);
  }

  static Roofline measure(int threads) {
    double peak = FmaPeak.gflops(threads);
    List<Level> levels = new ArrayList<>();
    for (long bytes = SMALLEST; bytes <= LARGEST; bytes *= 4) {
      levels.add(new Level(bytes, ReadRate.bytesPerNano(threads, bytes)));
    }
    return new Roofline(threads, Math.max(peak, FmaPeak.gflops(threads)), levels);
  }

  /** Bytes a nanosecond for work on so many bytes: between two levels by the logarithm of size. */
  double bytesPerNano(long bytes) {
    Level below = levels.getFirst();
    if (bytes <= below.bytes) {
      return below.bytesPerNano;
    }
    for (Level level : levels.subList(1, levels.size())) {
      if (bytes <= level.bytes) {
        double share =
            Math.log((double) bytes / below.bytes) / Math.log((double) level.bytes / below.bytes);
        return below.bytesPerNano + share * (level.bytesPerNano - below.bytesPerNano);
      }
      below = level;
    }
    return below.bytesPerNano;
  }

  /** The bound for a step. */
  double nanos(long macs, long bytes) {
    return Math.max(arithmetic(macs), memory(bytes));
  }

  boolean isBoundByMemory(long macs, long bytes) {
    return memory(bytes) > arithmetic(macs);
  }

  private double arithmetic(long macs) {
    return 2.0 * macs / peakGflops;
  }

  private double memory(long bytes) {
    return bytes / bytesPerNano(bytes);
  }
}
