package dev.tilewright.tuning;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * What one session gains over another in some steps. The other one is there twice: what two
 * sessions with the same plan differ by is no gain.
 *
 * @param speedup how many times as fast it is, turn by turn, against the mean of the two
 * @param ofLeast the same of the least times, against the faster of the two
 * @param noise how many times as long the slower of the two takes
 */
record Gain(Statistics.Interval speedup, double ofLeast, double noise) {
  /**
   * Compares.
   *
   * @param before with the plan as it was
   * @param again with the same plan
   * @param after with another plan
   * @param layer whether the steps of a layer count; of each session those of at least one do
   */
  static Gain of(StepTimes before, StepTimes again, StepTimes after, Predicate<String> layer) {
    List<Double> first = before.inTurns(layer);
    List<Double> second = again.inTurns(layer);
    List<Double> other = after.inTurns(layer);
    List<Double> ratios = new ArrayList<>();
    for (int turn = 0; turn < other.size(); turn++) {
      ratios.add((first.get(turn) + second.get(turn)) / 2 / other.get(turn));
    }
    double least = Math.min(before.least(layer), again.least(layer));
    double most = Math.max(before.least(layer), again.least(layer));
    return new Gain(Statistics.interval(ratios), least / after.least(layer), most / least);
  }

  /**
   * Whether it is at least so many times as fast: surely by turns, and by the least times beyond
   * the noise.
   */
  boolean isSurely(double factor) {
    return speedup.low() >= factor && ofLeast >= factor * noise;
  }
}
