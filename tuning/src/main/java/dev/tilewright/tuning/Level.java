package dev.tilewright.tuning;

import dev.tilewright.plan.Tunable.Guess;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** How much is tried. */
public enum Level {
  /** The two most promising tiles of each algorithm that is not hopeless. */
  MEASURE(2, 3, 1.5, 100),
  /** The six most promising. */
  PATIENT(6, 6, 2.5, 300),
  /** Everything. */
  EXHAUSTIVE(Integer.MAX_VALUE, Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY, 500);

  private final int tiles;
  private final double hopeless;
  private final double outclassed;
  private final int finalMillis;

  /**
   * @param tiles of an algorithm at most
   * @param hopeless what promises to take so many times as long as the best promise is left out
   * @param outclassed the same of algorithms whose promises were corrected by enough measurements
   * @param finalMillis in which the best few of a layer are timed in turn
   */
  Level(int tiles, double hopeless, double outclassed, int finalMillis) {
    this.tiles = tiles;
    this.hopeless = hopeless;
    this.outclassed = outclassed;
    this.finalMillis = finalMillis;
  }

  /**
   * Those to try, in the same order.
   *
   * @param guesses what promises most first
   * @param known whether an algorithm's estimates were corrected by enough measurements
   */
  List<Guess> of(List<Guess> guesses, Predicate<String> known) {
    List<Guess> some = new ArrayList<>();
    Map<String, Integer> taken = new HashMap<>();
    for (Guess guess : guesses) {
      double most = known.test(guess.algorithm().id()) ? outclassed : hopeless;
      boolean promising = guess.nanos() <= most * guesses.getFirst().nanos();
      if (promising && taken.merge(guess.algorithm().id(), 1, Integer::sum) <= tiles) {
        some.add(guess);
      }
    }
    return some;
  }

  long finalNanos() {
    return finalMillis * 1_000_000L;
  }
}
