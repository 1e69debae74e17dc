package dev.tilewright.bench;

import dev.tilewright.plan.Plan;
import dev.tilewright.tuning.Statistics;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A step of a plan, timed.
 *
 * @param stage index; 0 unless shapes depend on data
 * @param index of the step in the stage's plan
 * @param nanos median over runs
 * @param bound the least that it can take, in nanoseconds
 * @param boundByMemory whether bytes set the bound, not arithmetic
 * @param runnerUp what would be next, null if nothing else applies
 */
record LayerTime(
    int stage,
    int index,
    Plan.Step step,
    Statistics.Interval nanos,
    double bound,
    boolean boundByMemory,
    @Nullable RunnerUp runnerUp) {
  private static final Pattern CONVOLUTION =
      Pattern.compile("n\\d+g(\\d+)c(\\d+)k\\d+_i\\d+x\\d+_f(\\d+x\\d+)_.*");

  /**
   * A kernel that was not chosen. Of its times at least one is known.
   *
   * @param estimated nanoseconds on the threads of the step
   * @param measured nanoseconds on one thread, by the tuner
   */
  record RunnerUp(
      String algorithm, String tile, @Nullable Double estimated, @Nullable Double measured) {}

  /** Its number, as {@code explain} prints it, after that of its stage if there are several. */
  String number(boolean staged) {
    return (staged ? (stage + 1) + "." : "") + (index + 1);
  }

  /** What kind of layer it is: the convolution's, else the operator. */
  String kind() {
    if (step.key().contains(" > ")) {
      return "fused chain";
    }
    Matcher conv = CONVOLUTION.matcher(step.key());
    if (!conv.matches()) {
      return step.op();
    }
    String size = conv.group(3);
    if (conv.group(1).equals("1")) {
      return "conv " + size;
    }
    return (conv.group(1).equals(conv.group(2)) ? "depthwise " : "grouped ") + size;
  }

  /** Multiply-adds count as two, as a direct convolution has them. */
  double gflops() {
    return 2.0 * step.macs() / nanos.value();
  }

  /** Operations for each byte that must be moved. */
  double intensity() {
    return 2.0 * step.macs() / Math.max(1, step.bytes());
  }

  double percentOfBound() {
    return 100 * bound / nanos.value();
  }

  /** How many times as long as estimated it took. */
  double overEstimate() {
    return nanos.value() / step.choice().nanos();
  }
}
