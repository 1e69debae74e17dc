package dev.tilewright.tuning;

import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * Times contenders in one process, in turn, so that a slow spell of the machine hits all of them.
 *
 * <p>A round is two blocks of several runs for each: A B C, C B A, and the next round begins with
 * B. Before a block that follows another side's, the timer waits until the other side's threads
 * sleep, and every block starts with a run that is not counted.
 */
public final class Turns {
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
   * @param seconds of timed work of all sides together
   * @param warmupSeconds the most each side may warm up
   */
  public record Limits(int runs, double seconds, double warmupSeconds) {}

  /**
   * Milliseconds of every timed run of one round.
   *
   * @param millis of each contender, in their order
   */
  public record Round(List<List<Double>> millis) {
    public Round {
      millis = millis.stream().map(List::copyOf).toList();
    }

    /** A contender's median over another's. */
    public double ratio(int contender, int other) {
      return Statistics.median(millis.get(contender)) / Statistics.median(millis.get(other));
    }
  }

  /**
   * All rounds.
   *
   * @param settled whether all sides stopped getting faster before the time for warming up ended
   */
  public record Timings(List<Round> rounds, boolean settled) {
    public Timings {
      rounds = List.copyOf(rounds);
    }

    /** The median over rounds of a contender's time over another's. */
    public Statistics.Interval ratio(int contender, int other) {
      return Statistics.interval(rounds.stream().map(r -> r.ratio(contender, other)).toList());
    }

    /** The median of all runs of a contender. */
    public double median(int contender) {
      return Statistics.median(
          rounds.stream().flatMap(round -> round.millis().get(contender).stream()).toList());
    }
  }

  private final List<? extends Contender> contenders;
  private final Limits limits;

  public Turns(List<? extends Contender> contenders, Limits limits) {
    this.contenders = List.copyOf(contenders);
    this.limits = limits;
  }

  /** Warms all up, then times them. */
  public Timings play() {
    int n = contenders.size();
    boolean settled = true;
    int[] runs = new int[n];
    double round = 0;
    for (int i = 0; i < n; i++) {
      Warmth warm = warmUp(contenders.get(i));
      settled &= warm.settled();
      runs[i] = runsPerBlock(warm.millis());
      round += 2 * (runs[i] + 1) * warm.millis();
    }
    int wanted = rounds(round, runs);
    List<Round> rounds = new ArrayList<>();
    for (int i = 0; i < wanted; i++) {
      rounds.add(round(i % n, runs));
    }
    return new Timings(rounds, settled);
  }

  private Round round(int first, int[] runs) {
    int n = runs.length;
    List<List<Double>> millis =
        Stream.generate(() -> (List<Double>) new ArrayList<Double>()).limit(n).toList();
    for (int i = 0; i < 2 * n; i++) {
      int turn = (first + Math.min(i, 2 * n - 1 - i)) % n;
      block(contenders.get(turn), millis.get(turn), runs[turn]);
    }
    return new Round(millis);
  }

  private int rounds(double millisPerRound, int[] runs) {
    if (limits.runs() > 0) {
      int inRound = 2 * Arrays.stream(runs).min().orElseThrow();
      return Math.min(MOST_ROUNDS, (limits.runs() + inRound - 1) / inRound);
    }
    return Math.clamp((long) (limits.seconds() * 1e3 / millisPerRound), FEWEST_ROUNDS, MOST_ROUNDS);
  }

  private int runsPerBlock(double millis) {
    int runs = Math.clamp((long) Math.ceil(BLOCK_MILLIS / millis), 2, MOST_RUNS_PER_BLOCK);
    return limits.runs() > 0 ? Math.min(runs, Math.max(1, limits.runs() / 2)) : runs;
  }

  /**
   * How a side came out of its warm-up.
   *
   * @param millis a run, the best window's median
   * @param settled whether it stopped getting faster
   */
  private record Warmth(double millis, boolean settled) {}

  /** Runs until windows no longer get faster. */
  private Warmth warmUp(Contender side) {
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
    return new Warmth(best, windows >= FEWEST_WINDOWS && withoutProgress >= 2);
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
