package dev.tilewright.tuning;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Finds the fastest of many trials, all timed in turn: the slower half of each group leaves, until
 * few are left, and these have the final.
 *
 * <p>Blocks are short and many. A neighbour on the same core makes code slower by half for 0.02 to
 * 0.2 s at a time; a round of short blocks lies within such a spell or outside it, and a heat is
 * longer than most.
 */
public final class Race {
  private static final long BLOCK_NANOS = 300_000;

  /** How long blocks last that decide who leaves, all of a trial's together; the best counts. */
  private static final long HEAT_NANOS = 9_000_000;

  private static final int FEWEST_HEAT_ROUNDS = 3;
  private static final int FINALISTS = 2;
  private static final int FEWEST_FINAL_ROUNDS = 7;

  /**
   * How one trial did.
   *
   * @param nanos of a call: the median over blocks for finalists, else the best block of its last
   *     heat
   * @param blocks every block's time of a call; empty unless a finalist
   */
  public record Result(Trial trial, double nanos, List<Double> blocks) {
    public Result {
      blocks = List.copyOf(blocks);
    }

    public boolean finalist() {
      return !blocks.isEmpty();
    }
  }

  private Race() {}

  /**
   * Runs warm trials against each other.
   *
   * @param group of a trial: at least two of each group reach the final
   * @param finalNanos for the final, all together; each finalist gets at least seven blocks
   * @return one result for each trial: finalists, fastest first, then the others likewise. The best
   *     of a few blocks is not comparable with a median: in a slow spell whoever left a heat early
   *     would have won one race in ten.
   */
  public static List<Result> run(
      List<Trial> trials, Function<Trial, String> group, long finalNanos) {
    List<Result> results = new ArrayList<>();
    List<Trial> finalists = new ArrayList<>();
    Map<String, List<Trial>> groups =
        trials.stream()
            .collect(Collectors.groupingBy(group, LinkedHashMap::new, Collectors.toList()));
    for (List<Trial> members : groups.values()) {
      finalists.addAll(heats(members, results));
    }
    results.addAll(finals(finalists, finalNanos));
    results.sort(
        Comparator.comparing(Result::finalist).reversed().thenComparingDouble(Result::nanos));
    return results;
  }

  /** Halves the group until it fits the final; results of those that leave are added. */
  private static List<Trial> heats(List<Trial> group, List<Result> results) {
    List<Trial> left = group;
    while (left.size() > FINALISTS) {
      double[] best = new double[left.size()];
      java.util.Arrays.fill(best, Double.POSITIVE_INFINITY);
      long end = System.nanoTime() + best.length * HEAT_NANOS;
      for (int round = 0; round < FEWEST_HEAT_ROUNDS || System.nanoTime() < end; round++) {
        for (int i = 0; i < best.length; i++) {
          best[i] = Math.min(best[i], left.get(i).time(BLOCK_NANOS));
        }
      }
      List<Result> heat = new ArrayList<>();
      for (int i = 0; i < best.length; i++) {
        heat.add(new Result(left.get(i), best[i], List.of()));
      }
      heat.sort(Comparator.comparingDouble(Result::nanos));
      int stay = Math.max(FINALISTS, (heat.size() + 1) / 2);
      left = heat.subList(0, stay).stream().map(Result::trial).toList();
      results.addAll(heat.subList(stay, heat.size()));
    }
    return left;
  }

  private static List<Result> finals(List<Trial> finalists, long nanos) {
    List<List<Double>> blocks =
        finalists.stream().<List<Double>>map(t -> new ArrayList<>()).toList();
    long end = System.nanoTime() + nanos;
    for (int round = 0; round < FEWEST_FINAL_ROUNDS || System.nanoTime() < end; round++) {
      for (int i = 0; i < finalists.size(); i++) {
        // Forwards, then backwards: nobody always comes after the same one.
        int turn = round % 2 == 0 ? i : finalists.size() - 1 - i;
        blocks.get(turn).add(finalists.get(turn).time(BLOCK_NANOS));
      }
    }
    List<Result> results = new ArrayList<>();
    for (int i = 0; i < finalists.size(); i++) {
      results.add(new Result(finalists.get(i), median(blocks.get(i)), blocks.get(i)));
    }
    return results;
  }

  private static double median(List<Double> values) {
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    int n = sorted.length;
    return (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
  }
}
