package dev.tilewright.bench;

import java.util.concurrent.CountDownLatch;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * What the machine can do at most, measured here and now: fused multiply-adds on the widest
 * vectors, operands in registers and a few lines of L1, no other work.
 */
final class FmaPeak {
  /** As wide as the kernels': the property is for tests of narrower machines. */
  private static final VectorSpecies<Float> SPECIES =
      switch (Integer.getInteger("tilewright.vector.bits", 0)) {
        case 128 -> FloatVector.SPECIES_128;
        case 256 -> FloatVector.SPECIES_256;
        default -> FloatVector.SPECIES_PREFERRED;
      };

  // 12 accumulators + 2 operands fit the 16 registers of AVX2; 12 chains hide a latency of 4 cycles
  // at 2 FMAs a cycle (8 needed) and of 4 at 3.
  private static final int CHAINS = 12;
  private static final int STEPS = 512;
  private static final int REPEATS = 400;
  private static final int WARMUP_SLICES = 60;
  private static final int SLICES = 24;

  private FmaPeak() {}

  /**
   * GFLOP/s of all threads together, a multiply-add counted as two: the best of several slices of a
   * few milliseconds, in which all threads work at once.
   */
  static double gflops(int threads) {
    return ParallelRate.best(threads, FmaPeak::slices);
  }

  private static double[] slices(CountDownLatch start) throws InterruptedException {
    float[] operands = new float[4 * SPECIES.length()];
    java.util.Arrays.fill(operands, 0.5f);
    float sink = 0;
    for (int i = 0; i < WARMUP_SLICES; i++) {
      sink += slice(operands, 20);
    }
    start.countDown();
    start.await();
    double flops = 2.0 * CHAINS * SPECIES.length() * STEPS * REPEATS;
    double[] rates = new double[SLICES];
    for (int i = 0; i < SLICES; i++) {
      long begin = System.nanoTime();
      sink += slice(operands, REPEATS);
      rates[i] = flops / (System.nanoTime() - begin);
    }
    if (Float.isNaN(sink)) { // also keeps the compiler from dropping the loops
      throw new IllegalStateException("FMA of finite numbers gave NaN");
    }
    return rates;
  }

  private static float slice(float[] operands, int repeats) {
    float sum = 0;
    for (int i = 0; i < repeats; i++) {
      sum += chains(operands);
    }
    return sum;
  }

  /**
   * c = c + 0.5 * 0.5: a kernel's own form, the sum in the register it comes from. The other, c = c
   * * 0.5 + b, needs a copy of b for each, and with the 16 registers of AVX2 it reached 56 of 92
   * GFLOP/s (Zen 4). Sums stay below 2^9.
   */
  private static float chains(float[] operands) {
    FloatVector half = FloatVector.broadcast(SPECIES, 0.5f);
    FloatVector c0 = half;
    FloatVector c1 = half;
    FloatVector c2 = half;
    FloatVector c3 = half;
    FloatVector c4 = half;
    FloatVector c5 = half;
    FloatVector c6 = half;
    FloatVector c7 = half;
    FloatVector c8 = half;
    FloatVector c9 = half;
    FloatVector c10 = half;
    FloatVector c11 = half;
    for (int i = 0; i < STEPS; i++) {
      FloatVector b = FloatVector.fromArray(SPECIES, operands, (i & 3) * SPECIES.length());
      c0 = half.fma(b, c0);
      c1 = half.fma(b, c1);
      c2 = half.fma(b, c2);
      c3 = half.fma(b, c3);
      c4 = half.fma(b, c4);
      c5 = half.fma(b, c5);
      c6 = half.fma(b, c6);
      c7 = half.fma(b, c7);
      c8 = half.fma(b, c8);
      c9 = half.fma(b, c9);
      c10 = half.fma(b, c10);
      c11 = half.fma(b, c11);
    }
    FloatVector left = c0.add(c1).add(c2).add(c3.add(c4)).add(c5);
    FloatVector right = c6.add(c7).add(c8).add(c9.add(c10)).add(c11);
    return left.add(right).lane(0);
  }
}
