package dev.tilewright.gate;

import java.util.function.IntConsumer;

/** A subject that does some more real work in every operation: for testing the gate. */
final class AddedWork implements IntConsumer {
  private static final int CALIBRATION = 10_000;

  /**
   * So many trials in a row without progress, 0.1 s, end the calibration: until C2 has compiled the
   * loop, a step takes several times as long.
   */
  private static final int QUIET_TRIALS = 2_000;

  /** A trial counts as progress if it beats the best before it by this factor. */
  private static final double PROGRESS = 0.98;

  private final IntConsumer subject;
  private final long stepsPerRun;
  private double state = 1;

  private AddedWork(IntConsumer subject, long stepsPerRun) {
    this.subject = subject;
    this.stepsPerRun = stepsPerRun;
  }

  /**
   * @param nanos of work to add to each operation
   */
  static AddedWork to(IntConsumer subject, double nanos) {
    AddedWork timed = new AddedWork(subject, 0);
    double best = Double.POSITIVE_INFINITY;
    int quiet = 0;
    while (quiet < QUIET_TRIALS) {
      long start = System.nanoTime();
      timed.work(CALIBRATION);
      double now = (double) (System.nanoTime() - start) / CALIBRATION;
      quiet = now < PROGRESS * best ? 0 : quiet + 1;
      best = Math.min(best, now);
    }
    return new AddedWork(subject, Math.max(1, Math.round(nanos / best)));
  }

  @Override
  public void accept(int runs) {
    for (int i = 0; i < runs; i++) {
      subject.accept(1);
      work(stepsPerRun);
    }
  }

  /** Multiply-adds that each wait for the one before. */
  private void work(long steps) {
    double x = state;
    for (long i = 0; i < steps; i++) {
      x = Math.fma(x, 0.999999, 1e-6);
    }
    state = x;
  }
}
