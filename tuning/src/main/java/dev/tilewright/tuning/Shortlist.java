package dev.tilewright.tuning;

import dev.tilewright.conv.ConvProblem;
import dev.tilewright.database.Entry;
import dev.tilewright.database.Machine;
import dev.tilewright.database.TuningRecord;
import dev.tilewright.database.TuningRecord.Status;
import dev.tilewright.database.TuningTable;
import dev.tilewright.plan.Planner;
import dev.tilewright.plan.Tunable;
import dev.tilewright.plan.Tunable.Guess;
import dev.tilewright.tuning.CostFitting.Sample;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Which kernels of a problem are tried, and in which order: by estimates that all measurements so
 * far have corrected. What another processor with the same instructions chose comes first: plans do
 * not take its word for it, but it is a good guess.
 *
 * @param means to plan on one thread; what they know is not used
 */
record Shortlist(Planner.Means means, Machine machine, CostFitting fitting, Level level) {
  /** Of an algorithm, with which its corrected promises are trusted. */
  private static final int ENOUGH_TIMES = 5;

  /**
   * The kernels to try.
   *
   * @param one on one thread
   * @param known records, of any machine
   * @param again whether what an unfinished race has timed is tried again
   */
  List<Guess> of(ConvProblem one, List<TuningRecord> known, boolean again) {
    List<Sample> samples = fitting.samples(known);
    Map<String, Long> times =
        samples.stream().collect(Collectors.groupingBy(Sample::algorithm, Collectors.counting()));
    List<Entry> entries = new ArrayList<>(known);
    entries.addAll(fitting.fit(samples));
    TuningTable table = TuningTable.of(List.of(entries), machine);
    List<Guess> all =
        Tunable.guesses(new Planner.Means(means.backends(), means.choice(), 1, table), one);
    List<Guess> some = new ArrayList<>();
    table
        .kernel(one.work(), means.choice())
        .ifPresent(
            f -> all.stream().filter(g -> isOf(g, f.record())).findFirst().ifPresent(some::add));
    some.addAll(level.of(all, a -> times.getOrDefault(a, 0L) >= ENOUGH_TIMES));
    if (!again) {
      some.removeIf(g -> known.stream().anyMatch(r -> isTimed(r, one) && isOf(g, r)));
    }
    return some.stream().distinct().toList();
  }

  private boolean isTimed(TuningRecord r, ConvProblem one) {
    return r.problem().equals(one.work())
        && r.machine().equals(machine)
        && r.session() == 1
        && r.status() == Status.MEASURED;
  }

  private static boolean isOf(Guess guess, TuningRecord record) {
    return guess.algorithm().id().equals(record.algorithm()) && guess.tile().equals(record.tile());
  }
}
