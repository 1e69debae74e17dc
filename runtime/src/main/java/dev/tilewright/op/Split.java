package dev.tilewright.op;

import dev.tilewright.kernel.Task;

/**
 * A task over numbered items, cut into parts of equal numbers. The cut depends on the sizes only,
 * and every item is computed by itself: results do not depend on the number of threads.
 */
final class Split implements Task {
  /** Computes the items from {@code from} (included) to {@code to} (excluded). */
  @FunctionalInterface
  interface Range {
    void run(long from, long to, int worker);
  }

  private static final long MAX_PARTS = 64;

  private final long items;
  private final int parts;
  private final Range range;

  /**
   * @param grain items that are worth a part of their own
   */
  Split(long items, long grain, Range range) {
    this.items = items;
    this.parts = Math.toIntExact(Math.clamp(items / Math.max(1, grain), 1, MAX_PARTS));
    this.range = range;
  }

  /**
   * Cuts by cost: a part does about as many elementary steps (one multiply-add or copy) as are
   * worth it.
   */
  static Split byCost(long items, long stepsPerItem, Range range) {
    return new Split(items, 8192 / Math.max(1, stepsPerItem), range);
  }

  @Override
  public int parts() {
    return parts;
  }

  @Override
  public void run(int from, int to, int worker) {
    range.run(items * from / parts, items * to / parts, worker);
  }
}
