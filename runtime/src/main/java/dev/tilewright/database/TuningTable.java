package dev.tilewright.database;

import dev.tilewright.conv.Tile;
import dev.tilewright.database.Machine.Likeness;
import dev.tilewright.database.TuningRecord.Status;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.zip.CRC32C;

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

  private record Key(String problem, String backends, int session) {
    static Key of(TuningRecord r) {
      return new Key(r.problem(), r.backends(), r.session());
    }
  }

  private record Kernel(String algorithm, Tile tile) {
    static Kernel of(TuningRecord r) {
      return new Kernel(r.algorithm(), r.tile());
    }
  }

  private record Choice(Key place, Kernel kernel) {}

  private record Fit(CostFit fit, Likeness likeness) {}

  /** Stands for an algorithm as a whole. */
  private static final Tile ALL_TILES = new Tile(Map.of("", 0));

  private final Map<Key, Found> chosen = new HashMap<>();
  private final Map<String, Set<Kernel>> quarantine = new HashMap<>();
  private final Map<Kernel, Fit> fits = new HashMap<>();
  private final Machine machine;

  private TuningTable(List<? extends Collection<? extends Entry>> sources, Machine machine) {
    this.machine = machine;
    Set<Choice> retracted = new HashSet<>();
    List<List<TuningRecord>> all = sources.stream().map(Standing::records).toList();
    for (List<TuningRecord> source : all) {
      for (TuningRecord record : source) {
        if (record.isQuarantine() && machine.runsTheSame(record.algorithm(), record.machine())) {
          quarantine
              .computeIfAbsent(record.problem(), p -> new HashSet<>())
              .add(new Kernel(record.algorithm(), record.tile()));
        } else if (record.status() == Status.RETRACTED && record.machine().equals(machine)) {
          retracted.add(new Choice(Key.of(record), Kernel.of(record)));
        }
      }
    }
    for (List<TuningRecord> source : all) {
      Standing.choices(
              source,
              r ->
                  !isQuarantined(r.problem(), r.algorithm(), r.tile())
                      && (r.machine().equals(machine)
                          || !retracted.contains(new Choice(Key.of(r), Kernel.of(r)))))
          .values()
          .forEach(this::offer);
    }
    sources.forEach(this::offerFits);
  }

  private void offerFits(Collection<? extends Entry> source) {
    Map<Kernel, Fit> last = new HashMap<>();
    for (Entry entry : source) {
      if (entry instanceof CostFit fit) {
        Likeness likeness = machine.likeness(fit.machine());
        Tile tile = fit.tile();
        last.merge(
            new Kernel(fit.algorithm(), tile == null ? ALL_TILES : tile),
            new Fit(fit, likeness),
            (old, fresh) -> fresh.likeness.compareTo(old.likeness) <= 0 ? fresh : old);
      }
    }
    last.forEach((kernel, fit) ->
        fits.merge(
            kernel, fit, (old, fresh) -> fresh.likeness.compareTo(old.likeness) < 0 ? fresh : old));
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
  public static TuningTable of(
      List<? extends Collection<? extends Entry>> sources, Machine machine) {
    return new TuningTable(sources, machine);
  }

  private void offer(TuningRecord record) {
    Likeness likeness = machine.likeness(record.machine());
    if (likeness == Likeness.NONE) {
      return;
    }
    Found found = new Found(record, likeness);
    chosen.merge(
        Key.of(record),
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
   * How sessions of so many threads compute a chain of convolutions best, or a single one, as
   * measured on this machine or a like one.
   *
   * @param key the chain's, or of a problem
   */
  public Optional<Found> choice(String key, String backends, int session) {
    return Optional.ofNullable(chosen.get(new Key(key, backends, session)))
        .filter(f -> isClose(f.record()));
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

  /**
   * How estimates were seen to differ from times: of each algorithm and tile the nearest machine's.
   *
   * @param farthest machines that count
   */
  public List<CostFit> fits(Likeness farthest) {
    return fits.values().stream()
        .filter(f -> f.likeness.compareTo(farthest) <= 0)
        .map(Fit::fit)
        .toList();
  }

  /** Tells what is known here from what another table knows. */
  public String digest() {
    if (chosen.isEmpty() && quarantine.isEmpty() && fits.isEmpty()) {
      return "none";
    }
    List<String> lines = new ArrayList<>();
    chosen.forEach((key, found) -> lines.add("chosen " + key + " " + found));
    quarantine.forEach((problem, kernels) ->
        lines.add(
            "quarantine "
                + problem
                + " "
                + new TreeSet<>(kernels.stream().map(Kernel::toString).toList())));
    fits.forEach((kernel, fit) -> lines.add("fit " + kernel + " " + fit));
    Collections.sort(lines);
    CRC32C crc = new CRC32C();
    lines.forEach(line -> crc.update(line.getBytes(StandardCharsets.UTF_8)));
    return lines.size() + "." + Long.toHexString(crc.getValue());
  }

  /** Problems with a choice. */
  public int size() {
    return chosen.size();
  }
}
