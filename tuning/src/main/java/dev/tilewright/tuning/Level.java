package dev.tilewright.tuning;

import dev.tilewright.plan.Tunable.Guess;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** How much is tried. */
public enum Level {
  /** The two most promising tiles of each algorithm that is not hopeless. */
  MEASURE(2, 3, 100),
  /** The six most promising. */
  PATIENT(6, 6, 300),
  /** Everything. */
  EXHAUSTIVE(Integer.MAX_VALUE, Double.POSITIVE_INFINITY, 500);

  private final int tiles;
  private final double hopeless;
  private final int finalMillis;

  /**
   * @param tiles of an algorithm at most
   * @param hopeless what promises to take so many times as long as the best promise is left out
   * @param finalMillis in which the best few of a layer are timed in turn
   */
  Level(int tiles, double hopeless, int finalMillis) {
    this.tiles = tiles;
    this.hopeless = hopeless;
    this.finalMillis = finalMillis;
  }

  /**
   * Those to try, in the same order.
   *
   * @param guesses what promises most first
   */
  List<Guess> of(List<Guess> guesses) {
    List<Guess> some = new ArrayList<>();
    Map<String, Integer> taken = new HashMap<>();
    for (Guess guess : guesses) {
      boolean promising = guess.nanos() <= hopeless * guesses.getFirst().nanos();
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
