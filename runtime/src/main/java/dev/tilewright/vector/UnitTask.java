package dev.tilewright.vector;

import dev.tilewright.kernel.Task;

/**
 * A task over equal units (rows, pixels, vectors), cut evenly into parts that are worth a thread.
 * Neighbouring parts that are run together are one range of units.
 */
abstract class UnitTask implements Task {
  /**
   * Memory traffic of a part, about 20 us at 25 GB/s: below that, forking costs more than it gains.
   */
  private static final long PART_BYTES = 512 << 10;

  private final long units;
  private final int parts;

  /**
   * @param units how many; at least 1
   * @param bytesPerUnit read and written by each; arithmetic that takes longer than that counts as
   *     the bytes that would be moved meanwhile
   */
  UnitTask(long units, long bytesPerUnit) {
    this.units = units;
    long wanted = Math.ceilDiv(units * Math.max(1, bytesPerUnit), PART_BYTES);
    this.parts = (int) Math.clamp(wanted, 1, Math.min(units, 4096));
  }

  @Override
  public final int parts() {
    return parts;
  }

  @Override
  public final void run(int from, int to, int worker) {
    units(units * from / parts, units * to / parts, worker);
  }

  /** Computes the units from {@code from} (included) to {@code to} (excluded), at least one. */
  abstract void units(long from, long to, int worker);
}
