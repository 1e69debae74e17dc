package dev.tilewright.vector;

import dev.tilewright.vector.Nest.Loop;

/** Where the n-th step of nested loops stands. */
final class Odometer {
  private Odometer() {}

  /** Steps in all. */
  static long size(Loop[] loops) {
    long size = 1;
    for (Loop loop : loops) {
      size *= loop.size;
    }
    return size;
  }

  /** Bytes that an operand has moved at step n. */
  static long offset(Loop[] loops, long n, int operand) {
    long offset = 0;
    long rest = n;
    for (int i = loops.length - 1; i > 0; i--) {
      offset += rest % loops[i].size * loops[i].step(operand);
      rest /= loops[i].size;
    }
    return loops.length == 0 ? 0 : offset + rest * loops[0].step(operand);
  }
}
