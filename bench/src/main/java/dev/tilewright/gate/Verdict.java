package dev.tilewright.gate;

import java.util.Collection;
import java.util.List;

/** What is known of a change, of one benchmark or of all. */
public enum Verdict {
  /** Nothing got slower by an amount that counts. */
  PASS(0),
  REGRESSION(10),
  IMPROVEMENT(11),
  /** Neither shown to be slower nor shown not to be. */
  INCONCLUSIVE(12);

  /** What decides over the whole, first come first. */
  private static final List<Verdict> WEIGHTIEST = List.of(REGRESSION, INCONCLUSIVE, IMPROVEMENT);

  private final int exitCode;

  Verdict(int exitCode) {
    this.exitCode = exitCode;
  }

  /** Of the process. 1 and 2 are taken by failures and bad input. */
  public int exitCode() {
    return exitCode;
  }

  /** An improvement does not make up for what is slower or not known. */
  static Verdict of(Collection<Verdict> parts) {
    return WEIGHTIEST.stream().filter(parts::contains).findFirst().orElse(PASS);
  }
}
