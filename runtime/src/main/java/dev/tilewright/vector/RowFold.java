package dev.tilewright.vector;

import jdk.incubator.vector.FloatVector;

/** Sum and maximum of n >= {@link Lanes#LENGTH} adjacent floats, in an order that never changes. */
final class RowFold {
  /** Vectors added up in float32 before the sum goes on in double. */
  private static final int BLOCK = 64;

  private RowFold() {}

  /**
   * @param lanes scratch for a vector
   */
  static double sum(long row, long n, long lanes) {
    long vectors = n / Lanes.LENGTH;
    double sum = 0;
    for (long block = 0; block < vectors; block += BLOCK) {
      addVectors(row + block * Lanes.BYTES, (int) Math.min(BLOCK, vectors - block), lanes);
      sum += Lanes.get(lanes);
    }
    for (long i = vectors * Lanes.LENGTH; i < n; i++) {
      sum += Lanes.get(row + 4 * i);
    }
    return sum;
  }

  private static void addVectors(long row, int vectors, long to) {
    FloatVector even = Lanes.broadcast(0);
    FloatVector odd = Lanes.broadcast(0);
    int pairs = vectors / 2;
    for (int i = 0; i < pairs; i++) {
      even = even.add(Lanes.load(row + 2L * i * Lanes.BYTES));
      odd = odd.add(Lanes.load(row + (2L * i + 1) * Lanes.BYTES));
    }
    if (vectors % 2 != 0) {
      even = even.add(Lanes.load(row + 2L * pairs * Lanes.BYTES));
    }
    Lanes.store(Lanes.total(even.add(odd)), to);
  }

  /**
   * @param lanes scratch for a vector
   */
  static float max(long row, long n, long lanes) {
    long end = 4 * (n - Lanes.LENGTH);
    int vectors = Lanes.cover(n);
    FloatVector max = Lanes.load(row);
    for (int i = 1; i < vectors; i++) {
      max = max.max(Lanes.load(row + Math.min((long) i * Lanes.BYTES, end)));
    }
    Lanes.store(Lanes.greatest(max), lanes);
    return Lanes.get(lanes);
  }
}
