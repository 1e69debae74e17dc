package dev.tilewright.gate;

import dev.tilewright.SessionOptions;
import dev.tilewright.backend.Backends;
import dev.tilewright.database.Machine;
import dev.tilewright.database.TuningRecord;
import dev.tilewright.database.TuningTable;
import dev.tilewright.tuning.Race;
import dev.tilewright.tuning.Trial;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.regex.Pattern;

/**
 * Whether wrong preferences are caught: measurements are put in that make the planner choose, of a
 * typical layer, a kernel that was just seen to be slow, or the one that was fastest.
 */
final class ChoiceTrials {
  /** Twice what {@link Choice} tolerates: wrong beyond doubt. */
  private static final double SLOW = 1.10;

  /** Half of that: right in both races. */
  private static final double RIGHT = 1.025;

  /** Every so many trials the preference is right. */
  private static final int RIGHT_EVERY = 4;

  /**
   * One trial.
   *
   * @param injected kernel that the planner was made to choose
   * @param right whether it should be the fastest
   * @param slowness its time over that of the fastest in two races before the trial: the lesser of
   *     what should be wrong, the larger of what should be right
   * @param lag as the gate found it
   * @param caught whether the gate called the choice wrong
   */
  private record Row(
      String layer,
      String injected,
      boolean right,
      double slowness,
      String fastest,
      double lag,
      boolean caught) {}

  private ChoiceTrials() {}

  static void run(Path file, Pattern wanted, int trials, long budgetNanos, PrintWriter out)
      throws IOException {
    JsonLines<Row> lines = new JsonLines<>(file, Row.class);
    List<Row> rows = lines.read();
    List<LayerModel> layers =
        LayerModel.STANDARD.stream().filter(l -> wanted.matcher(l.name()).find()).toList();
    if (layers.isEmpty()) {
      throw new IllegalArgumentException("no layer is called anything like " + wanted);
    }
    long deadline = System.nanoTime() + budgetNanos;
    long longest = 0;
    while (rows.size() < trials && System.nanoTime() + longest < deadline) {
      long start = System.nanoTime();
      Row row = one(layers.get(rows.size() % layers.size()), rows.size());
      rows.add(row);
      lines.append(row);
      longest = Math.max(longest, System.nanoTime() - start);
    }
    List<Row> wrong = rows.stream().filter(r -> !r.right && r.slowness >= SLOW).toList();
    List<Row> right = rows.stream().filter(r -> r.right && r.slowness < RIGHT).toList();
    out.printf(
        Locale.ROOT,
        "%d of %d wrong preferences caught; %d of %d right ones called wrong%n",
        wrong.stream().filter(Row::caught).count(),
        wrong.size(),
        right.stream().filter(Row::caught).count(),
        right.size());
  }

  private static Row one(LayerModel layer, int number) {
    SessionOptions alone = new SessionOptions(1, "auto");
    List<Raced> kernels = raced(Choice.timed(layer, alone), Choice.timed(layer, alone));
    List<Raced> slow = kernels.stream().filter(k -> k.least() >= SLOW).toList();
    boolean right = number % RIGHT_EVERY == RIGHT_EVERY - 1 || slow.isEmpty();
    Raced injected =
        right
            ? Collections.min(kernels, Comparator.comparingDouble(Raced::most))
            : slow.get(new Random(number).nextInt(slow.size()));
    Machine here = Backends.load().machine();
    SessionOptions options =
        new SessionOptions(
            1,
            "auto",
            TuningTable.of(List.of(List.of(preference(layer, injected.trial(), here))), here));
    Choice choice = Choice.of(layer, options);
    return new Row(
        layer.name(),
        injected.trial().name(),
        right,
        Math.round(1e3 * (right ? injected.most() : injected.least())) / 1e3,
        choice.fastest(),
        Math.round(1e4 * choice.lag()) / 1e4,
        choice.isWrong());
  }

  /**
   * A kernel in two races: one alone may meet a slow spell of the machine, which once made 38 % of
   * 5.
   *
   * @param trial that the first race timed; only its name counts
   * @param least the lesser of its times over that of the race's fastest
   * @param most the larger
   */
  private record Raced(Trial trial, double least, double most) {}

  private static List<Raced> raced(List<Race.Result> first, List<Race.Result> second) {
    List<Raced> kernels = new ArrayList<>();
    for (Race.Result one : first) {
      for (Race.Result other : second) {
        if (one.trial().name().equals(other.trial().name())) {
          double there = one.nanos() / first.getFirst().nanos();
          double here = other.nanos() / second.getFirst().nanos();
          kernels.add(new Raced(one.trial(), Math.min(there, here), Math.max(there, here)));
        }
      }
    }
    return kernels;
  }

  /** A measurement that says that nothing is faster. */
  private static TuningRecord preference(LayerModel layer, Trial trial, Machine here) {
    return new TuningRecord(
        layer.shape().key() + "_bias",
        "auto",
        1,
        here,
        TuningRecord.Status.CHOSEN,
        trial.id(),
        trial.tile(),
        1,
        31,
        100,
        99,
        101,
        1);
  }
}
