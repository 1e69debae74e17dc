package dev.tilewright.gate;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** Judges results that JMH measured in forks of their own, before and after. */
final class JmhGate {
  private JmhGate() {}

  static Report judge(JmhFile before, JmhFile after, Pattern wanted, String title) {
    List<Sample> samples = new ArrayList<>();
    List<Report.Note> notes = new ArrayList<>();
    for (Map.Entry<String, JmhFile.Result> entry : before.results().entrySet()) {
      String name = entry.getKey();
      JmhFile.Result old = entry.getValue();
      JmhFile.Result now = after.results().get(name);
      if (!wanted.matcher(name).find()) {
        continue;
      }
      if (now == null) {
        notes.add(new Report.Note(name, Verdict.INCONCLUSIVE, "is gone: only the baseline has it"));
      } else if (!now.unit().equals(old.unit())) {
        notes.add(
            new Report.Note(
                name,
                Verdict.INCONCLUSIVE,
                "is in " + old.unit() + " and in " + now.unit() + ": measure both in one unit"));
      } else {
        samples.add(new Sample(name, old.unit(), old.forks(), now.forks(), false));
      }
    }
    for (String name : after.results().keySet()) {
      if (wanted.matcher(name).find() && !before.results().containsKey(name)) {
        notes.add(new Report.Note(name, Verdict.PASS, "is new: only the candidate has it"));
      }
    }
    if (samples.isEmpty() && notes.isEmpty()) {
      throw new IllegalArgumentException("no benchmark is called anything like " + wanted);
    }
    return Report.of(title, Rule.INDEPENDENT.judge(samples), notes);
  }
}
