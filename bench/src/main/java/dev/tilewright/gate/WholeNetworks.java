package dev.tilewright.gate;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * Whole networks, each side in processes of its own, in pairs of changing order: what two programs
 * in one JVM would hide from each other, such as what the JIT compiler makes of one alone.
 * Processes differ by much, so a fork's figure is its fastest round, and the bounds are loose
 * ({@link Rule#LOOSE}).
 */
final class WholeNetworks {
  private static final int PAIRS = 5;

  /** Before the names that they have in forks of both sides. */
  private static final String ALONE = "alone.";

  private final Side baseline;
  private final Side candidate;
  private final List<ForkJob.Task> networks;
  private final DuetGate.Options options;
  private final List<Report.Note> notes = new ArrayList<>();

  WholeNetworks(
      Side baseline, Side candidate, List<ForkJob.Task> networks, DuetGate.Options options) {
    this.baseline = baseline;
    this.candidate = candidate;
    this.networks = networks;
    this.options = options;
  }

  /** What could not be measured. */
  List<Report.Note> notes() {
    return notes;
  }

  /**
   * Measures pairs of processes.
   *
   * @param deadline of {@link System#nanoTime()}, after which no pair is begun
   */
  List<Finding> run(long deadline, Consumer<String> progress) throws IOException {
    Map<String, List<Double>> before = new LinkedHashMap<>();
    Map<String, List<Double>> after = new LinkedHashMap<>();
    long longest = 0;
    for (int pair = 0; pair < PAIRS && !networks.isEmpty(); pair++) {
      long start = System.nanoTime();
      if (start + longest > deadline) {
        notes.add(
            new Report.Note(
                "budget",
                Verdict.PASS,
                "used up after " + pair + " of " + PAIRS + " pairs of processes"));
        break;
      }
      progress.accept("networks, pair " + (pair + 1) + " of " + PAIRS);
      for (boolean first : new boolean[] {true, false}) {
        boolean isBaseline = first == (pair % 2 == 0);
        Side side = isBaseline ? baseline : candidate;
        for (ForkJob.Result result :
            Forks.run(options.job(side, List.of(), false, false, networks))) {
          // One that a side refuses was told of when both sides ran.
          if (result.refused() == null) {
            (isBaseline ? before : after)
                .computeIfAbsent(ALONE + result.name(), n -> new ArrayList<>())
                .add(result.fastest() / 1e3);
          }
        }
      }
      longest = Math.max(longest, System.nanoTime() - start);
    }
    List<Sample> samples = new ArrayList<>();
    before.forEach((name, times) -> {
      if (after.containsKey(name)) {
        samples.add(new Sample(name, "us", times, Objects.requireNonNull(after.get(name)), false));
      }
    });
    return Rule.LOOSE.judge(samples);
  }
}
