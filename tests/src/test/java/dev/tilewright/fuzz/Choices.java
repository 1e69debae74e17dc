package dev.tilewright.fuzz;

/** Decisions read from bytes, zeros after their end: the same bytes always decide the same. */
final class Choices {
  private static final long[] EDGES = {
    0,
    1,
    2,
    3,
    4,
    7,
    8,
    16,
    64,
    255,
    1 << 13,
    1 << 15,
    1 << 16,
    (1 << 24) + 1,
    1L << 31,
    Integer.MAX_VALUE,
    (1L << 32) + 1,
    1L << 62,
    Long.MAX_VALUE,
    Long.MIN_VALUE
  };

  private final byte[] bytes;
  private int at;

  Choices(byte[] bytes, int at) {
    this.bytes = bytes;
    this.at = at;
  }

  boolean isEmpty() {
    return at >= bytes.length;
  }

  int next() {
    return at < bytes.length ? bytes[at++] & 0xff : 0;
  }

  /** A number from 0 to below the limit, which is at least 1. */
  int below(int limit) {
    return limit <= 256 ? next() % limit : (next() << 8 | next()) % limit;
  }

  /** Small numbers and those at which code breaks, of both signs. */
  long number() {
    int choice = next();
    long edge = EDGES[(choice & 0x7f) % EDGES.length];
    return choice >= 0x80 ? -edge : edge;
  }

  byte[] take(int count) {
    byte[] taken = new byte[count];
    for (int i = 0; i < count; i++) {
      taken[i] = (byte) next();
    }
    return taken;
  }
}
