package dev.tilewright.tuning;

import java.util.List;
import java.util.function.Predicate;

/**
 * How long the steps of a session take where they stand.
 *
 * <p>Of each step its least time counts. A program that keeps one core of two busy takes it from a
 * worker for a few milliseconds at a time. The median run of MobileNetV2 then takes three times as
 * long, none of 5 ms is spared, and what looks fastest is what needs the second thread least; but
 * steps of 0.3 ms are spared now and then, and after 60 runs the sum of the least times is within 6
 * % of that without the other program (docs/measurements.md).
 *
 * @param layers of the steps, in order
 * @param turns of each turn, of each step its least time in nanoseconds
 */
record StepTimes(List<String> layers, List<double[]> turns) {
  StepTimes {
    layers = List.copyOf(layers);
    turns = List.copyOf(turns);
  }

  /**
   * Of each turn: the sum over some steps of their least times in it, in nanoseconds.
   *
   * @param layer whether the steps of a layer count
   */
  List<Double> inTurns(Predicate<String> layer) {
    return turns.stream().map(turn -> sum(turn, layer)).toList();
  }

  /** The sum over some steps of their least times, in nanoseconds; 0 if there are none. */
  double least(Predicate<String> layer) {
    double[] least = turns.getFirst().clone();
    for (double[] turn : turns) {
      for (int step = 0; step < least.length; step++) {
        least[step] = Math.min(least[step], turn[step]);
      }
    }
    return sum(least, layer);
  }

  private double sum(double[] nanos, Predicate<String> layer) {
    double sum = 0;
    for (int step = 0; step < nanos.length; step++) {
      sum += layer.test(layers.get(step)) ? nanos[step] : 0;
    }
    return sum;
  }
}
