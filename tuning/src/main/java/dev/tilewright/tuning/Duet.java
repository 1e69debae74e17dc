package dev.tilewright.tuning;

import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * Times two contenders in one process, in turn, so that a slow spell of the machine hits both.
 *
 * <p>A round is four blocks of several runs: A B B A, roles swapped from round to round. Before a
 * block that follows the other side's, the timer waits until the other side's threads sleep, and
 * every block starts with a run that is not counted.
 */
public final class Duet {
  /** A block is at least this long, or one run if that is longer. */
  private static final double BLOCK_MILLIS = 20;

  private static final int MOST_RUNS_PER_BLOCK = 400;
  private static final int FEWEST_ROUNDS = 6;
  private static final int MOST_ROUNDS = 1000;

  /** Warm-up judges by windows of this length. */
  private static final double WINDOW_MILLIS = 250;

  private static final int FEWEST_WINDOWS = 4;

  /** A window counts as progress if it beats the best before it by this factor. */
  private static final double PROGRESS = 0.98;

  /** The longest wait for the other side's threads to sleep. */
  private static final int MOST_QUIET_MILLIS = 2_000;

  /** How long the process must have been idle. */
  private static final int QUIET_MILLIS = 30;

  /**
   * How long to measure.
   *
   * @param runs timed runs of each side; 0 to go by {@code seconds}
   * @param seconds of timed work of both sides together
   * @param warmupSeconds the most each side may warm up
   */
  public record Limits(int runs, double seconds, double warmupSeconds) {}

  /**
   * Milliseconds of every timed run of one round.
   *
   * @param a the first contender's
   * @param b the second contender's
   */
  public record Round(List<Double> a, List<Double> b) {
    public Round {
      a = List.copyOf(a);
      b = List.copyOf(b);
    }
  }

  /**
   * All rounds.
   *
   * @param settled whether both sides stopped getting faster before the time for warming up ended
   */
  public record Timings(List<Round> rounds, boolean settled) {
    public Timings {
      rounds = List.copyOf(rounds);
    }
  }

  private final Contender a;
  private final Contender b;
  private final Limits limits;

  public Duet(Contender a, Contender b, Limits limits) {
    this.a = a;
    this.b = b;
    this.limits = limits;
  }

  /** Warms both up, then times them. */
  public Timings play() {
    double[] oneRun = new double[2];
    boolean settled = warmUp(a, oneRun, 0);
    settled &= warmUp(b, oneRun, 1);
    int runsA = runsPerBlock(oneRun[0]);
    int runsB = runsPerBlock(oneRun[1]);
    int wanted = rounds(2 * ((runsA + 1) * oneRun[0] + (runsB + 1) * oneRun[1]), runsA, runsB);
    List<Round> rounds = new ArrayList<>();
    for (int i = 0; i < wanted; i++) {
      rounds.add(i % 2 == 0 ? round(a, runsA, b, runsB) : swap(round(b, runsB, a, runsA)));
    }
    return new Timings(rounds, settled);
  }

  private int rounds(double millisPerRound, int runsA, int runsB) {
    if (limits.runs() > 0) {
      int inRound = 2 * Math.min(runsA, runsB);
      return Math.min(MOST_ROUNDS, (limits.runs() + inRound - 1) / inRound);
    }
    return Math.clamp((long) (limits.seconds() * 1e3 / millisPerRound), FEWEST_ROUNDS, MOST_ROUNDS);
  }

  private int runsPerBlock(double millis) {
    int runs = Math.clamp((long) Math.ceil(BLOCK_MILLIS / millis), 2, MOST_RUNS_PER_BLOCK);
    return limits.runs() > 0 ? Math.min(runs, Math.max(1, limits.runs() / 2)) : runs;
  }

  /** Runs until windows no longer get faster; leaves the best window's median in {@code oneRun}. */
  private boolean warmUp(Contender side, double[] oneRun, int index) {
    long deadline = System.nanoTime() + (long) (limits.warmupSeconds() * 1e9);
    double best = Double.MAX_VALUE;
    int windows = 0;
    int withoutProgress = 0;
    while (windows < FEWEST_WINDOWS || withoutProgress < 2) {
      double median = Statistics.median(window(side));
      withoutProgress = median < best * PROGRESS ? 0 : withoutProgress + 1;
      best = Math.min(best, median);
      windows++;
      if (System.nanoTime() > deadline) {
        break;
      }
    }
    oneRun[index] = best;
    return windows >= FEWEST_WINDOWS && withoutProgress >= 2;
  }

  private static List<Double> window(Contender side) {
    List<Double> millis = new ArrayList<>();
    double total = 0;
    while (millis.size() < 2 || total < WINDOW_MILLIS) {
      millis.add(time(side));
      total += millis.getLast();
    }
    return millis;
  }

  private static Round round(Contender first, int runsFirst, Contender second, int runsSecond) {
    List<Double> outer = new ArrayList<>();
    List<Double> inner = new ArrayList<>();
    block(first, outer, runsFirst);
    block(second, inner, runsSecond);
    block(second, inner, runsSecond);
    block(first, outer, runsFirst);
    return new Round(outer, inner);
  }

  private static Round swap(Round round) {
    return new Round(round.b(), round.a());
  }

  private static void block(Contender side, List<Double> millis, int runs) {
    awaitQuiet();
    time(side);
    for (int i = 0; i < runs; i++) {
      millis.add(time(side));
    }
  }

  private static double time(Contender side) {
    long start = System.nanoTime();
    side.run();
    return (System.nanoTime() - start) / 1e6;
  }

  /** Waits until the process is idle: both sides' pools spin for a while after a run. */
  private static void awaitQuiet() {
    if (ManagementFactory.getOperatingSystemMXBean()
        instanceof com.sun.management.OperatingSystemMXBean system) {
      for (int waited = 0; waited < MOST_QUIET_MILLIS; waited += QUIET_MILLIS) {
        long cpu = system.getProcessCpuTime();
        LockSupport.parkNanos(QUIET_MILLIS * 1_000_000L);
        // The clock has steps of 10 ms: a thread that spins shows as two or three of them.
        if (system.getProcessCpuTime() - cpu < QUIET_MILLIS * 1_000_000L / 2) {
          return;
        }
      }
    }
  }
}
