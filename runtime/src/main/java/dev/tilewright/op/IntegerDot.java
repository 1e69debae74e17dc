package dev.tilewright.op;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Memory;
import java.lang.foreign.MemorySegment;

/**
 * What integer products are made of: 8-bit values widened to int32, once, and dot products of int32
 * vectors. A loop that only loads is one that C2 compiles to SIMD instructions; one that also
 * stores to native memory is not, since it cannot tell the addresses apart.
 */
final class IntegerDot {
  private static final MemorySegment ALL = Memory.ALL;

  private IntegerDot() {}

  /** to[i] = from[i] - zero, for bytes of a signed or unsigned type. */
  static void widen(DType type, long to, long from, int count, int zero) {
    int mask = type == DType.UINT8 ? 0xff : -1;
    for (int i = 0; i < count; i++) {
      ALL.set(JAVA_INT_UNALIGNED, to + 4L * i, (ALL.get(JAVA_BYTE, from + i) & mask) - zero);
    }
  }

  static void clear(long to, int count) {
    for (int i = 0; i < count; i++) {
      ALL.set(JAVA_INT_UNALIGNED, to + 4L * i, 0);
    }
  }

  /** The sum of a[i] * b[i], modulo 2^32. */
  static int dot(long a, long b, int count) {
    int sum = 0;
    for (int i = 0; i < count; i++) {
      sum += ALL.get(JAVA_INT_UNALIGNED, a + 4L * i) * ALL.get(JAVA_INT_UNALIGNED, b + 4L * i);
    }
    return sum;
  }

  /** The same of every {@code stride} bytes of a. */
  static int dot(long a, long stride, long b, int count) {
    int sum = 0;
    for (int i = 0; i < count; i++) {
      sum += ALL.get(JAVA_INT_UNALIGNED, a + stride * i) * ALL.get(JAVA_INT_UNALIGNED, b + 4L * i);
    }
    return sum;
  }

  static int get(long address) {
    return ALL.get(JAVA_INT_UNALIGNED, address);
  }

  static void set(long address, int value) {
    ALL.set(JAVA_INT_UNALIGNED, address, value);
  }
}
