package dev.tilewright.plan;

import dev.tilewright.conv.ConvAlgorithm;
import dev.tilewright.conv.ConvProblem;
import dev.tilewright.conv.Tile;
import dev.tilewright.database.Machine.Likeness;
import dev.tilewright.database.TuningRecord;
import dev.tilewright.database.TuningTable;
import dev.tilewright.kernel.Applicability;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What measurements say of a convolution, as far as it still holds for these algorithms. */
final class Tuned {
  /** Why a kernel may not be chosen. */
  static final String QUARANTINE = "in quarantine: computed it wrongly or failed on this core";

  /**
   * A kernel that was measured.
   *
   * @param words how fast it was, and on what
   */
  record Choice(ConvAlgorithm algorithm, Tile tile, String words) {}

  private final TuningTable table;
  private final String backends;
  private final List<ConvAlgorithm> algorithms;

  /**
   * @param algorithms that may be used
   */
  Tuned(Planner.Means means, List<ConvAlgorithm> algorithms) {
    this.table = means.tuning();
    this.backends = means.choice();
    this.algorithms = algorithms;
  }

  /**
   * The measured choice for a problem, or null if there is none that can be used.
   *
   * @param one on one thread
   * @param others gets the record that does not apply any more, with the reason
   */
  @Nullable Choice kernel(ConvProblem one, Map<String, String> others) {
    TuningTable.Found found = table.kernel(one.work(), backends).orElse(null);
    if (found == null || found.likeness() == Likeness.ISA) {
      return null; // another core's best is a guess, and the cost model has one
    }
    TuningRecord record = found.record();
    ConvAlgorithm named =
        algorithms.stream().filter(a -> a.id().equals(record.algorithm())).findFirst().orElse(null);
    String why = named == null ? "there is no such algorithm here" : refusal(named, record, one);
    if (named == null || why != null) {
      others.put(
          ("tuned " + record.algorithm() + " " + record.tile()).strip(), String.valueOf(why));
      return null;
    }
    return new Choice(named, record.tile(), words(found));
  }

  /** Why what was measured cannot be used, or null. */
  static @Nullable String refusal(ConvAlgorithm algorithm, TuningRecord record, ConvProblem one) {
    if (algorithm.check(one) instanceof Applicability.No(String reason)) {
      return reason;
    }
    return algorithm.tiles(one).contains(record.tile()) ? null : "the tile is no longer offered";
  }

  /** The measured way to compute a chain on so many threads, or null. */
  TuningTable.@Nullable Found chain(String key, int session) {
    return table.choice(key, backends, session).orElse(null);
  }

  static String words(TuningTable.Found found) {
    TuningRecord record = found.record();
    String where =
        found.likeness() == Likeness.SAME ? "here" : "on a like machine (" + record.machine() + ")";
    return String.format(
        Locale.ROOT,
        "measured %s %s, %d blocks",
        Selection.micros(record.median()),
        where,
        record.samples());
  }

  boolean isQuarantined(ConvProblem problem, ConvAlgorithm algorithm, Tile tile) {
    return table.isQuarantined(problem.work(), algorithm.id(), tile);
  }

  /**
   * How many of a session's threads to use.
   *
   * @param estimated if nobody measured it
   */
  int threads(ConvProblem one, ConvAlgorithm algorithm, Tile tile, int session, int estimated) {
    return table.threads(one.work(), backends, algorithm.id(), tile, session).orElse(estimated);
  }
}
