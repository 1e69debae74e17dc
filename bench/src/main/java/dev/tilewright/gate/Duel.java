package dev.tilewright.gate;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;

/**
 * Times two sides in turn in one process. A round is four blocks, A B B A, the roles swapped from
 * round to round, so that a drift of the machine weighs on both alike.
 */
final class Duel {
  private static final int WINDOW_MICROS = 5_000;
  private static final int QUIET_WINDOWS = 4;

  /** A window counts as progress if it beats the best before it by this factor. */
  private static final double PROGRESS = 0.98;

  private static final int FEWEST_ROUNDS = 8;
  private static final int MOST_RUNS = 1 << 24;

  /**
   * One side.
   *
   * @param run does so many operations
   * @param enter makes its data ready in memory that the other side may have used
   */
  record Player(IntConsumer run, Runnable enter) {}

  /** Nanoseconds an operation, by round. */
  record Score(double[] a, double[] b, boolean settled) {}

  private final Player a;
  private final Player b;
  private final long blockNanos;
  private double bestA = Double.POSITIVE_INFINITY;
  private double bestB = Double.POSITIVE_INFINITY;

  Duel(Player a, Player b, int blockMicros) {
    this.a = a;
    this.b = b;
    this.blockNanos = 1000L * blockMicros;
  }

  /** Runs both until neither has got faster for some windows. */
  boolean warmUp(int mostMillis) {
    long deadline = System.nanoTime() + 1_000_000L * mostMillis;
    int quiet = 0;
    while (quiet < QUIET_WINDOWS) {
      double nowA = window(a, bestA);
      double nowB = window(b, bestB);
      quiet = nowA < PROGRESS * bestA || nowB < PROGRESS * bestB ? 0 : quiet + 1;
      bestA = Math.min(bestA, nowA);
      bestB = Math.min(bestB, nowB);
      if (System.nanoTime() > deadline) {
        return quiet >= QUIET_WINDOWS;
      }
    }
    return true;
  }

  private static double window(Player player, double known) {
    player.enter.run();
    int runs = runs(1000L * WINDOW_MICROS, known);
    long total = 0;
    long done = 0;
    while (total < 1000L * WINDOW_MICROS) {
      total += nanos(player, runs);
      done += runs;
    }
    return (double) total / done;
  }

  /** Nanoseconds of an operation of the second side, as the warm-up found it. */
  double warmNanosOfB() {
    return bestB;
  }

  /** Takes turns for so long. */
  Score play(int millis, boolean bFirst) {
    int runsA = runs(blockNanos, bestA);
    int runsB = runs(blockNanos, bestB);
    List<Double> timesA = new ArrayList<>();
    List<Double> timesB = new ArrayList<>();
    long deadline = System.nanoTime() + 1_000_000L * millis;
    for (int round = 0; round < FEWEST_ROUNDS || System.nanoTime() < deadline; round++) {
      boolean outerIsA = (round % 2 == 0) != bFirst;
      Player outer = outerIsA ? a : b;
      Player inner = outerIsA ? b : a;
      int runsOuter = outerIsA ? runsA : runsB;
      int runsInner = outerIsA ? runsB : runsA;
      long outerNanos = block(outer, runsOuter);
      long innerNanos = block(inner, runsInner);
      innerNanos += block(inner, runsInner);
      outerNanos += block(outer, runsOuter);
      (outerIsA ? timesA : timesB).add(outerNanos / (2.0 * runsOuter));
      (outerIsA ? timesB : timesA).add(innerNanos / (2.0 * runsInner));
    }
    return new Score(array(timesA), array(timesB), true);
  }

  /**
   * One side's turn: an operation that is not counted finds the other side's data in the caches.
   */
  private static long block(Player player, int runs) {
    player.enter.run();
    player.run.accept(1);
    return nanos(player, runs);
  }

  private static long nanos(Player player, int runs) {
    long start = System.nanoTime();
    player.run.accept(runs);
    return System.nanoTime() - start;
  }

  private static int runs(long nanos, double each) {
    return Math.clamp((long) Math.ceil(nanos / each), 1, MOST_RUNS);
  }

  private static double[] array(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).toArray();
  }
}
