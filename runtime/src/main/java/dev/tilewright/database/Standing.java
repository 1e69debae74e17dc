package dev.tilewright.database;

import dev.tilewright.conv.Tile;
import dev.tilewright.database.TuningRecord.Status;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** What records still say when later ones have spoken. */
public final class Standing {
  /** What a choice is for. */
  public record Place(String problem, String backends, int session, Machine machine) {
    static Place of(TuningRecord r) {
      return new Place(r.problem(), r.backends(), r.session(), r.machine());
    }
  }

  private Standing() {}

  /** The last choice for each place; a retraction brings back the one before. */
  public static Map<Place, TuningRecord> choices(Collection<TuningRecord> records) {
    return choices(records, r -> true);
  }

  /**
   * The same among some.
   *
   * @param allowed which choices count
   */
  static Map<Place, TuningRecord> choices(
      Collection<TuningRecord> records, Predicate<TuningRecord> allowed) {
    Map<Place, List<TuningRecord>> stacks = new LinkedHashMap<>();
    for (TuningRecord r : records) {
      if (r.isChoice() && allowed.test(r)) {
        stacks.computeIfAbsent(Place.of(r), p -> new ArrayList<>()).add(r);
      } else if (r.status() == Status.RETRACTED) {
        stacks
            .getOrDefault(Place.of(r), new ArrayList<>())
            .removeIf(c -> c.algorithm().equals(r.algorithm()) && c.tile().equals(r.tile()));
      }
    }
    Map<Place, TuningRecord> last = new LinkedHashMap<>();
    stacks.forEach((place, stack) -> {
      if (!stack.isEmpty()) {
        last.put(place, stack.getLast());
      }
    });
    return last;
  }

  /** As few entries as decide the same: quarantine, retractions, choices and the last fits. */
  public static List<Entry> compact(Collection<? extends Entry> entries) {
    Set<Entry> kept = new LinkedHashSet<>();
    List<TuningRecord> records = records(entries);
    records.stream().filter(TuningRecord::isQuarantine).forEach(kept::add);
    // Before the choices: they may have been made again since.
    records.stream().filter(r -> r.status() == Status.RETRACTED).forEach(kept::add);
    kept.addAll(choices(records).values());
    Map<Subject, CostFit> fits = new LinkedHashMap<>();
    for (Entry entry : entries) {
      if (entry instanceof CostFit fit) {
        fits.put(new Subject(fit.machine(), fit.algorithm(), fit.tile()), fit);
      }
    }
    kept.addAll(fits.values());
    return List.copyOf(kept);
  }

  private record Subject(Machine machine, String algorithm, @Nullable Tile tile) {}

  /** Those that are measurements. */
  static List<TuningRecord> records(Collection<? extends Entry> entries) {
    List<TuningRecord> records = new ArrayList<>(entries.size());
    for (Entry entry : entries) {
      if (entry instanceof TuningRecord record) {
        records.add(record);
      }
    }
    return records;
  }
}
