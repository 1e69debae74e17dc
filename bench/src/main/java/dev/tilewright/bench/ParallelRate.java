package dev.tilewright.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** How much several threads get done at once, at best. */
final class ParallelRate {
  /** What each thread does. */
  @FunctionalInterface
  interface Slices {
    /**
     * Warms up, counts down, waits for the others, then measures slices of a few milliseconds.
     *
     * @return the rate of each slice; as many from each thread
     */
    double[] rates(CountDownLatch start) throws InterruptedException;
  }

  private ParallelRate() {}

  /** The largest sum over threads of the rates of one slice. */
  static double best(int threads, Slices slices) {
    ExecutorService pool =
        Executors.newFixedThreadPool(threads, Thread.ofPlatform().daemon().factory());
    try {
      CountDownLatch start = new CountDownLatch(threads);
      List<Future<double[]>> rates = new ArrayList<>();
      for (int t = 0; t < threads; t++) {
        rates.add(pool.submit(() -> slices.rates(start)));
      }
      double[] sum = rates.getFirst().get().clone();
      for (Future<double[]> rate : rates.subList(1, threads)) {
        double[] one = rate.get();
        for (int i = 0; i < sum.length; i++) {
          sum[i] += one[i];
        }
      }
      double best = 0;
      for (double rate : sum) {
        best = Math.max(best, rate);
      }
      return best;
    } catch (ExecutionException e) {
      throw new IllegalStateException("a thread that measures failed", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while measuring", e);
    } finally {
      pool.shutdown();
    }
  }
}
