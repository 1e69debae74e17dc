package dev.tilewright.tuning;

import java.util.List;

/** {@link Turns} of two contenders, as most comparisons are: A B B A, B A A B. */
public final class Duet {
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

  private final Turns turns;

  public Duet(Contender a, Contender b, Turns.Limits limits) {
    turns = new Turns(List.of(a, b), limits);
  }

  /** Warms both up, then times them. */
  public Timings play() {
    Turns.Timings timings = turns.play();
    return new Timings(
        timings.rounds().stream()
            .map(round -> new Round(round.millis().getFirst(), round.millis().getLast()))
            .toList(),
        timings.settled());
  }
}
