package dev.tilewright.gate;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * All that one run of the gate found.
 *
 * @param title what was compared
 * @param findings of benchmarks, those to look at first
 * @param notes all else
 */
record Report(String title, Verdict verdict, List<Finding> findings, List<Note> notes) {
  /** The order in which a reader wants to see them. */
  private static final List<Verdict> ORDER =
      List.of(Verdict.REGRESSION, Verdict.INCONCLUSIVE, Verdict.IMPROVEMENT, Verdict.PASS);

  /**
   * Something that is not a time.
   *
   * @param subject what it is about
   */
  record Note(String subject, Verdict verdict, String text) {}

  static Report of(String title, List<Finding> findings, List<Note> notes) {
    List<Verdict> verdicts = new ArrayList<>();
    findings.forEach(f -> verdicts.add(f.verdict()));
    notes.forEach(n -> verdicts.add(n.verdict()));
    return new Report(
        title,
        Verdict.of(verdicts),
        findings.stream()
            .sorted(
                Comparator.<Finding>comparingInt(f -> ORDER.indexOf(f.verdict()))
                    .thenComparing(Comparator.comparingDouble(f -> -f.estimate().change())))
            .toList(),
        notes.stream().sorted(Comparator.comparingInt(n -> ORDER.indexOf(n.verdict()))).toList());
  }
}
