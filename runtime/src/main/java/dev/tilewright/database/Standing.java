package dev.tilewright.database;

import dev.tilewright.database.TuningRecord.Status;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

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
      if (r.status() == Status.CHOSEN && allowed.test(r)) {
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

  /** As few records as decide the same: what is in quarantine, and the choices. */
  public static List<TuningRecord> compact(Collection<TuningRecord> records) {
    Set<TuningRecord> kept = new LinkedHashSet<>();
    records.stream().filter(TuningRecord::isQuarantine).forEach(kept::add);
    kept.addAll(choices(records).values());
    return List.copyOf(kept);
  }
}
