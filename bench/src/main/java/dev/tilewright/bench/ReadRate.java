package dev.tilewright.bench;

import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * How fast memory of some size is read, measured here and now: sums over arrays that each thread
 * goes through again and again, so that a size shows the cache that holds it.
 */
final class ReadRate {
  private static final VectorSpecies<Integer> SPECIES = IntVector.SPECIES_PREFERRED;

  /** Each slice reads at least so much, some milliseconds from memory. */
  private static final long SLICE_BYTES = 32L << 20;

  private static final int SLICES = 12;

  private ReadRate() {}

  /**
   * Bytes a nanosecond (GB/s) of all threads together, at best.
   *
   * @param bytes read by all of them; each has its share
   */
  static double bytesPerNano(int threads, long bytes) {
    int length = Math.toIntExact(bytes / threads / Integer.BYTES);
    return ParallelRate.best(threads, start -> slices(start, length));
  }

  private static double[] slices(CountDownLatch start, int length) throws InterruptedException {
    int[] values = new int[length];
    Arrays.fill(values, 1);
    long bytes = (long) length * Integer.BYTES;
    int repeats = Math.toIntExact(Math.max(1, SLICE_BYTES / bytes));
    check(sum(values, 2 * repeats), 2 * repeats, length);
    start.countDown();
    start.await();
    double[] rates = new double[SLICES];
    for (int i = 0; i < SLICES; i++) {
      long begin = System.nanoTime();
      int sum = sum(values, repeats);
      rates[i] = (double) bytes * repeats / (System.nanoTime() - begin);
      check(sum, repeats, length);
    }
    return rates;
  }

  /** Also keeps the compiler from dropping the loops. */
  private static void check(int sum, int repeats, int length) {
    if (sum != repeats * length) {
      throw new IllegalStateException("a sum of ones is " + sum);
    }
  }

  private static int sum(int[] values, int repeats) {
    int sum = 0;
    for (int i = 0; i < repeats; i++) {
      sum += sum(values);
    }
    return sum;
  }

  /** Vectors by hand: the compiler leaves a sum alone in a loop scalar, 12 GB/s a thread. */
  private static int sum(int[] values) {
    IntVector a = IntVector.zero(SPECIES);
    IntVector b = a;
    IntVector c = a;
    IntVector d = a;
    int step = SPECIES.length();
    int i = 0;
    for (; i <= values.length - 4 * step; i += 4 * step) {
      a = a.add(IntVector.fromArray(SPECIES, values, i));
      b = b.add(IntVector.fromArray(SPECIES, values, i + step));
      c = c.add(IntVector.fromArray(SPECIES, values, i + 2 * step));
      d = d.add(IntVector.fromArray(SPECIES, values, i + 3 * step));
    }
    int sum = a.add(b).add(c.add(d)).reduceLanes(VectorOperators.ADD);
    for (; i < values.length; i++) {
      sum += values[i];
    }
    return sum;
  }
}
