package dev.tilewright.gate;

import java.util.Arrays;
import org.apache.commons.statistics.inference.AlternativeHypothesis;

/**
 * Decides about one benchmark while its forks come in, so that what is clear costs few of them.
 *
 * <p>Screening: after five, seven and all forks the signed ranks of the ratios (Wilcoxon, exact)
 * may make it suspect, at levels that sum up to 5 %. Confirming: fresh forks are judged twice, each
 * time at half of the level. The two sets are independent, so a benchmark that did not change is
 * called slower with at most the product of both levels, whatever the ratios' distribution is, as
 * long as it is symmetric, which swapping the roles of the sides from fork to fork makes it. The
 * second level is chosen such that the product times the number of benchmarks is 1 %. Alpha spent
 * on looks: Lan and DeMets 1983.
 *
 * <p>Leaving early as unchanged, when with 99 % confidence (Student's t) the change is within 2 %,
 * can only lower that: a look for futility that binds nothing. What it costs is power, and {@code
 * SequenceTest} counts it.
 */
final class Sequence {
  /** Of calling any of the benchmarks slower although none is. */
  static final double LEVEL = 1 - Estimate.CONFIDENCE;

  /** A change that is surely smaller is none. */
  static final double SAME = 0.02;

  private static final int FEWEST_TO_LEAVE = 3;
  private static final int FIRST_LOOK = 5;
  private static final int SECOND_LOOK = 7;

  // One-sided p-values of five and of seven forks that all agree are 1/32 and 1/128.
  private static final double FIRST_LEVEL = 0.032;
  private static final double SECOND_LEVEL = 0.008;
  private static final double LAST_LEVEL = 0.01;
  private static final double SCREENING = FIRST_LEVEL + SECOND_LEVEL + LAST_LEVEL;
  private static final int CONFIRMING_LOOKS = 2;

  /** Where a benchmark stands. */
  enum State {
    SCREENING,
    CONFIRMING,
    /** Surely no change that counts. */
    SAME,
    SLOWER,
    FASTER,
    /** Suspect in the first forks, not in fresh ones. */
    NOT_AGAIN,
    /** All forks are used up. */
    OPEN;

    boolean wantsMore() {
      return this == SCREENING || this == CONFIRMING;
    }
  }

  private final Rule rule;
  private final int most;
  private final double looksTimesBenchmarks;
  private final double level;
  private final int firstFreshLook;
  private final int lastFreshLook;
  private double[] logRatios = {};
  private int screened;
  private boolean suspectSlower;
  private double p = 1;
  private State state = State.SCREENING;

  /**
   * @param most forks to screen with
   * @param benchmarks of the run, all of which could be called slower
   */
  Sequence(Rule rule, int most, int benchmarks) {
    this.rule = rule;
    this.most = most;
    looksTimesBenchmarks = (double) CONFIRMING_LOOKS * benchmarks;
    level = LEVEL / SCREENING / looksTimesBenchmarks;
    int agreeing = (int) Math.ceil(Math.log(1 / level) / Math.log(2)); // 2^-n <= level
    firstFreshLook = Math.max(rule.fewestForks(), agreeing);
    lastFreshLook = Math.max(most, firstFreshLook);
  }

  State state() {
    return state;
  }

  /** Of the verdict, adjusted for looks and benchmarks; 1 if nothing was confirmed. */
  double p() {
    return p;
  }

  /** Takes the next fork's ln(candidate / baseline). */
  void add(double logRatio) {
    logRatios = Arrays.copyOf(logRatios, logRatios.length + 1);
    logRatios[logRatios.length - 1] = logRatio;
    if (state == State.SCREENING) {
      screen();
    } else if (state == State.CONFIRMING) {
      confirm(Arrays.copyOfRange(logRatios, screened, logRatios.length));
    }
  }

  private void screen() {
    int n = logRatios.length;
    double now =
        n == FIRST_LOOK
            ? FIRST_LEVEL
            : n == SECOND_LOOK ? SECOND_LEVEL : n == most && n > SECOND_LOOK ? LAST_LEVEL : 0;
    boolean slower = n >= FIRST_LOOK && isShown(logRatios, true, now);
    if (slower || (n >= FIRST_LOOK && isShown(logRatios, false, now))) {
      suspectSlower = slower;
      screened = n;
      state = State.CONFIRMING;
    } else if (isSame(logRatios)) {
      state = State.SAME;
    } else if (n >= most) {
      state = State.OPEN;
    }
  }

  private void confirm(double[] fresh) {
    boolean last = fresh.length == lastFreshLook;
    boolean look = last || fresh.length == firstFreshLook;
    if (look && isShown(fresh, suspectSlower, level)) {
      state = suspectSlower ? State.SLOWER : State.FASTER;
      p = Math.min(1, SCREENING * looksTimesBenchmarks * pValue(fresh, suspectSlower));
    } else if (last || isSame(fresh)) {
      state = State.NOT_AGAIN;
    }
  }

  private boolean isShown(double[] ratios, boolean slower, double at) {
    double median = Bootstrap.median(ratios);
    return (slower ? median : -median) > Math.log1p(rule.threshold())
        && pValue(ratios, slower) <= at;
  }

  private static double pValue(double[] ratios, boolean slower) {
    return Estimate.signedRanks(
        ratios, slower ? AlternativeHypothesis.GREATER_THAN : AlternativeHypothesis.LESS_THAN);
  }

  private static boolean isSame(double[] ratios) {
    if (ratios.length < FEWEST_TO_LEAVE) {
      return false;
    }
    Estimate.Bounds bounds = Estimate.student(ratios);
    return bounds.high() < Math.log1p(SAME) && bounds.low() > -Math.log1p(SAME);
  }
}
