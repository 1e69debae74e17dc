package dev.tilewright.plan;

import dev.tilewright.conv.Cost;

/**
 * Time from counted work: the longer of arithmetic and memory traffic, plus what a fork and join
 * costs. Used where nothing was measured, to rank algorithms and to decide on threads; only ratios
 * matter for the first, so one middling machine stands for all.
 */
final class CostModel {
  /** Multiply-adds a nanosecond at the peak of a core: 2 units of 8 lanes at 3.5 GHz. */
  private static final double FMAS_PER_NANO = 56;

  /** Bytes a nanosecond between a core and its outer caches (L2 and L3 of measured machines). */
  private static final double BYTES_PER_NANO = 60;

  /** A region under this much work is faster on one thread. */
  private static final double WORTH_A_FORK = 20_000;

  /**
   * What an instruction on vectors adds to the time of an elementwise operator, an element: of
   * operators that have a kernel each, and of several joined in Java, of which C2 keeps fewer
   * vectors in flight. Measured on 8 lanes: docs/measurements.md.
   */
  private static final double NANOS_PER_INSTRUCTION = 0.02;

  private static final double NANOS_PER_JOINED_INSTRUCTION = 0.035;

  /** An element that a joined operator without code of its own passes on in L1, to 8 lanes. */
  private static final double NANOS_PER_PASS = 0.03;

  /** An element of an operator that no backend has a kernel for. Measured: 4 to 5. */
  private static final double NANOS_PER_PORTABLE = 4;

  /** Of one core. */
  private static final long L2_BYTES = 1 << 20;

  /**
   * Written to L3 and read again, on top of what {@link #BYTES_PER_NANO} allows for. Measured: 0.02
   * where there are many products a byte, 0.05 after a 1x1 of 16 channels, 0.08 for 10 MB.
   */
  private static final double NANOS_PER_BYTE_BEYOND = 0.03;

  private CostModel() {}

  static double nanos(Cost cost) {
    double arithmetic = cost.fmas() / (FMAS_PER_NANO * cost.efficiency());
    return Math.max(arithmetic, cost.bytes() / BYTES_PER_NANO);
  }

  /** For an operator that streams its tensors through and does little else. */
  static double streaming(long bytes) {
    return bytes / BYTES_PER_NANO;
  }

  /** For an elementwise operator. */
  static double elementwise(long bytes, long elements, int instructions) {
    return streaming(bytes) + elements * instructions * NANOS_PER_INSTRUCTION;
  }

  /** For several as one step. */
  static double joined(long bytes, long elements, int instructions) {
    return streaming(bytes) + elements * instructions * NANOS_PER_JOINED_INSTRUCTION;
  }

  /** For so many as one step, of which each leaves a block in L1 to the next. */
  static double blockwise(long bytes, long elements, int instructions, int operators) {
    return elementwise(bytes, elements, instructions) + elements * operators * NANOS_PER_PASS;
  }

  /** For an elementwise operator by the portable kernel. */
  static double portable(long elements) {
    return elements * NANOS_PER_PORTABLE;
  }

  /**
   * What it adds to the time of two layers that one writes a value and the other reads it: nothing
   * while L2 holds it.
   */
  static double beyondCache(long bytes) {
    return Math.max(0, bytes - L2_BYTES) * NANOS_PER_BYTE_BEYOND;
  }

  /**
   * For packing weights, by the bytes that are written. Measured: 0.36 ns a float for Winograd's
   * F(4x4), 0.75 for a matrix product (docs/measurements.md).
   */
  static double packing(long bytes) {
    return bytes / 4.0 * 0.5;
  }

  /** For adding up a filter from so many bytes of constant ones, beside the products of it. */
  static double adding(long bytes) {
    return bytes / BYTES_PER_NANO;
  }

  /** How many of the threads to use for work that takes one of them this long. */
  static int threads(double nanos, int available) {
    return nanos < WORTH_A_FORK ? 1 : available;
  }
}
