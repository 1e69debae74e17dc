package dev.tilewright.gate;

import java.util.function.IntConsumer;

/** A subject that does some more real work in every operation: for testing the gate. */
final class AddedWork implements IntConsumer {
  private static final int CALIBRATION = 130_000;
  private static final int TRIALS = 15;

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
    for (int i = 0; i < TRIALS; i++) {
      long start = System.nanoTime();
      timed.work(CALIBRATION);
      best = Math.min(best, (double) (System.nanoTime() - start) / CALIBRATION);
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
