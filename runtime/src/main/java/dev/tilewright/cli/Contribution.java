package dev.tilewright.cli;

import dev.tilewright.database.Entry;
import dev.tilewright.database.Machine;
import dev.tilewright.database.Standing;
import dev.tilewright.database.TuningRecord;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What the records of one machine in one file add to those that were there.
 *
 * @param records of the machine in the file, fits included
 * @param added of them
 * @param choices in force of the machine in the file
 * @param firsts problems that no like machine had a choice for
 * @param quarantined kernels that are new to the quarantine
 */
record Contribution(
    Path file, Machine machine, int records, int added, int choices, int firsts, int quarantined) {
  private record Problem(String problem, String backends, int session) {
    static Problem of(TuningRecord r) {
      return new Problem(r.problem(), r.backends(), r.session());
    }
  }

  /**
   * One for each machine of a file.
   *
   * @param fresh what of the file was added
   * @param before what was there
   */
  static List<Contribution> of(
      Path file, List<Entry> records, List<Entry> fresh, List<Entry> before) {
    List<Contribution> all = new ArrayList<>();
    Set<Machine> machines =
        records.stream().map(Entry::machine).collect(Collectors.toCollection(LinkedHashSet::new));
    for (Machine machine : machines) {
      List<Entry> own = records.stream().filter(e -> e.machine().equals(machine)).toList();
      List<Entry> added = fresh.stream().filter(e -> e.machine().equals(machine)).toList();
      Set<Problem> known = new LinkedHashSet<>();
      for (Machine like : before.stream().map(Entry::machine).distinct().toList()) {
        if (machine.likeness(like).compareTo(Machine.Likeness.MICROARCHITECTURE) <= 0) {
          known.addAll(problems(before.stream().filter(e -> e.machine().equals(like)).toList()));
        }
      }
      Set<Problem> choices = problems(own);
      int firsts = (int) choices.stream().filter(p -> !known.contains(p)).count();
      long wrong =
          added.stream().filter(e -> e instanceof TuningRecord r && r.isQuarantine()).count();
      all.add(
          new Contribution(
              file,
              machine,
              own.size(),
              added.size(),
              choices.size(),
              firsts,
              Math.toIntExact(wrong)));
    }
    return all;
  }

  private static Set<Problem> problems(List<Entry> entries) {
    List<TuningRecord> records =
        entries.stream()
            .filter(TuningRecord.class::isInstance)
            .map(TuningRecord.class::cast)
            .toList();
    return Standing.choices(records).values().stream()
        .map(Problem::of)
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  static Table table(List<Contribution> all) {
    Table table =
        new Table("file", "machine", "records", "new", "choices", "first for", "quarantined");
    for (Contribution c : all) {
      table.row(c.file, c.machine, c.records, c.added, c.choices, c.firsts, c.quarantined);
    }
    return table;
  }

  Map<String, Object> object() {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("file", file.toString());
    object.put("machine", machine.id());
    object.put("description", machine.toString());
    object.put("records", records);
    object.put("new", added);
    object.put("choices", choices);
    object.put("firstFor", firsts);
    object.put("quarantined", quarantined);
    return object;
  }
}
