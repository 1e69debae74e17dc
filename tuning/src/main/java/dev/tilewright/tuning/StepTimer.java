package dev.tilewright.tuning;

import dev.tilewright.Timeline;
import dev.tilewright.plan.Plan;
import java.util.ArrayList;
import java.util.List;

/** Times the steps of sessions of one model, the sessions in turn. */
final class StepTimer {
  private static final double TURN_NANOS = 20e6;

  /** Counted in a turn, after one that finds another session's weights in the caches. */
  private static final int MOST_RUNS = 4;

  private static final int FEWEST_TURNS = 6;
  private static final int MOST_TURNS = 101;

  private static final double WINDOW_NANOS = 50e6;
  private static final int QUIET_WINDOWS = 2;

  /** A window counts as progress if it beats the best before it by this factor. */
  private static final double PROGRESS = 0.98;

  private final SessionContender contender;
  private final List<double[]> turns = new ArrayList<>();
  private List<String> layers = List.of();
  private double runNanos = Double.POSITIVE_INFINITY;

  private StepTimer(SessionContender contender) {
    this.contender = contender;
  }

  /**
   * Times sessions.
   *
   * @param contenders of one model
   * @param warmUpSeconds the most that each may take to get fast
   * @param seconds for all, without warming up; each gets at least six turns
   * @return what was measured of each
   */
  static List<StepTimes> play(
      List<SessionContender> contenders, double warmUpSeconds, double seconds) {
    List<StepTimer> all = contenders.stream().map(StepTimer::new).toList();
    all.forEach(timer -> timer.warmUp(warmUpSeconds));
    long end = System.nanoTime() + (long) (seconds * 1e9);
    for (int turn = 0;
        turn < FEWEST_TURNS || (turn < MOST_TURNS && System.nanoTime() < end);
        turn++) {
      for (int i = 0; i < all.size(); i++) {
        // Forwards, then backwards: nobody always comes after the same one.
        all.get(turn % 2 == 0 ? i : all.size() - 1 - i).turn();
      }
    }
    return all.stream().map(timer -> new StepTimes(timer.layers, timer.turns)).toList();
  }

  private void warmUp(double seconds) {
    long end = System.nanoTime() + (long) (seconds * 1e9);
    int quiet = 0;
    do {
      double best = runNanos;
      double spent = 0;
      for (int run = 0; run < 2 || spent < WINDOW_NANOS; run++) {
        long start = System.nanoTime();
        contender.execution().runTimed();
        double nanos = System.nanoTime() - start;
        runNanos = Math.min(runNanos, nanos);
        spent += nanos;
      }
      quiet = runNanos < best * PROGRESS ? 0 : quiet + 1;
    } while (quiet < QUIET_WINDOWS && System.nanoTime() < end);
  }

  private void turn() {
    contender.run();
    int runs = Math.clamp((long) (TURN_NANOS / runNanos), 1, MOST_RUNS);
    double[] least = timed();
    for (int run = 1; run < runs; run++) {
      double[] nanos = timed();
      for (int step = 0; step < nanos.length; step++) {
        least[step] = Math.min(least[step], nanos[step]);
      }
    }
    turns.add(least);
  }

  private double[] timed() {
    List<String> names = new ArrayList<>();
    List<Double> nanos = new ArrayList<>();
    for (Timeline.Stage stage : contender.execution().runTimed().stages()) {
      List<Plan.Step> steps = stage.plan().steps();
      for (int i = 0; i < steps.size(); i++) {
        names.add(steps.get(i).layer());
        nanos.add((double) stage.steps().get(i).nanos());
      }
    }
    layers = names;
    return nanos.stream().mapToDouble(Double::doubleValue).toArray();
  }
}
