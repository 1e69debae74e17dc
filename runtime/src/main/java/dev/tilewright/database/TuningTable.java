package dev.tilewright.database;

import dev.tilewright.conv.Tile;
import dev.tilewright.database.Machine.Likeness;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * What is known on one machine, looked up by problem. Immutable; plans keep the one that they were
 * made with.
 *
 * <p>Several sources may speak of a problem, such as the user's file, one that was shipped and one
 * beside the model. What was measured on this very machine counts before what was measured on
 * another with the same core; within that an earlier source before a later one; within a source
 * what was written last.
 */
public final class TuningTable {
  private static final TuningTable EMPTY = new TuningTable(List.of(), Machine.UNKNOWN);

  /** A record and what it is worth here. */
  public record Found(TuningRecord record, Likeness likeness) {}

  private record Key(String problem, String backends, int session) {}

  private record Kernel(String algorithm, Tile tile) {}

  private final Map<Key, Found> chosen = new HashMap<>();
  private final Map<String, Set<Kernel>> quarantine = new HashMap<>();
  private final Machine machine;

  private TuningTable(List<? extends Collection<TuningRecord>> sources, Machine machine) {
    this.machine = machine;
    for (Collection<TuningRecord> source : sources) {
      for (TuningRecord record : source) {
        if (record.isQuarantine() && isClose(record)) {
          quarantine
              .computeIfAbsent(record.problem(), p -> new HashSet<>())
              .add(new Kernel(record.algorithm(), record.tile()));
        }
      }
    }
    for (Collection<TuningRecord> source : sources) {
      Standing.choices(source, r -> !isQuarantined(r.problem(), r.algorithm(), r.tile()))
          .values()
          .forEach(this::offer);
    }
  }

  /** Nothing is known: plans are estimated. */
  public static TuningTable empty() {
    return EMPTY;
  }

  /**
   * A table of what several sources say.
   *
   * @param sources first ones count more
   * @param machine on which the table will be used
   */
  public static TuningTable of(List<? extends Collection<TuningRecord>> sources, Machine machine) {
    return new TuningTable(sources, machine);
  }

  private void offer(TuningRecord record) {
    Likeness likeness = machine.likeness(record.machine());
    if (likeness == Likeness.NONE) {
      return;
    }
    Found found = new Found(record, likeness);
    chosen.merge(
        new Key(record.problem(), record.backends(), record.session()),
        found,
        (old, fresh) -> fresh.likeness().compareTo(old.likeness()) < 0 ? fresh : old);
  }

  private boolean isClose(TuningRecord record) {
    return machine.likeness(record.machine()).compareTo(Likeness.MICROARCHITECTURE) <= 0;
  }

  /**
   * The best known kernel for a problem, whatever the number of threads.
   *
   * @param problem its {@link dev.tilewright.conv.ConvProblem#work}
   * @param backends {@code auto} or the name of the only one allowed
   */
  public Optional<Found> kernel(String problem, String backends) {
    return Optional.ofNullable(chosen.get(new Key(problem, backends, 1)));
  }

  /**
   * How many threads of a session are best for a problem with this kernel.
   *
   * @param session threads that there are
   */
  public OptionalInt threads(
      String problem, String backends, String algorithm, Tile tile, int session) {
    Found found = chosen.get(new Key(problem, backends, session));
    return found != null
            && isClose(found.record())
            && found.record().algorithm().equals(algorithm)
            && found.record().tile().equals(tile)
        ? OptionalInt.of(Math.clamp(found.record().threads(), 1, session))
        : OptionalInt.empty();
  }

  /** Whether the algorithm was seen to compute the problem wrongly, or to fail, on such a core. */
  public boolean isQuarantined(String problem, String algorithm, Tile tile) {
    return quarantine.getOrDefault(problem, Set.of()).contains(new Kernel(algorithm, tile));
  }

  /** Problems with a choice. */
  public int size() {
    return chosen.size();
  }
}
