package dev.tilewright.gate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RuleTest {
  private static final int FORKS = 9;

  @Test
  void callsWhatIsSlowerAndWhatIsFaster() {
    Random random = new Random(1);
    assertThat(judge(paired(random, FORKS, 1.05, 0.01))).isEqualTo(Verdict.REGRESSION);
    assertThat(judge(paired(random, FORKS, 1 / 1.05, 0.01))).isEqualTo(Verdict.IMPROVEMENT);
    assertThat(judge(paired(random, FORKS, 1, 0.01))).isEqualTo(Verdict.PASS);
    assertThat(judge(paired(random, FORKS, 1, 0.2))).isEqualTo(Verdict.INCONCLUSIVE);
    assertThat(judge(paired(random, FORKS, 1.01, 0.001)))
        .as("certain, but too little to count")
        .isEqualTo(Verdict.PASS);
  }

  @Test
  void callsIndependentForksToo() {
    Random random = new Random(2);
    assertThat(judgeIndependent(independent(random, 5, 1.2, 0.02))).isEqualTo(Verdict.REGRESSION);
    assertThat(judgeIndependent(independent(random, 5, 1, 0.005))).isEqualTo(Verdict.PASS);
    assertThat(judgeIndependent(independent(random, 5, 1.2, 0.5))).isEqualTo(Verdict.INCONCLUSIVE);
    assertThat(judgeIndependent(independent(random, 2, 3, 0.01))).isEqualTo(Verdict.INCONCLUSIVE);
  }

  /** Injected changes at the noise that the design measured: 1 % from fork to fork. */
  @Test
  void falseAlarmsAreRareAndMostChangesAreSeen() {
    Random random = new Random(3);
    int alarms = 0;
    int seenThree = 0;
    int seenFive = 0;
    int trials = 300;
    for (int i = 0; i < trials; i++) {
      alarms += flagged(paired(random, FORKS, 1, 0.01)) ? 1 : 0;
      seenThree += flagged(paired(random, FORKS, 1.03, 0.01)) ? 1 : 0;
      seenFive += flagged(paired(random, FORKS, 1.05, 0.01)) ? 1 : 0;
    }
    assertThat(alarms).isLessThanOrEqualTo(trials / 100);
    assertThat(seenThree).isGreaterThanOrEqualTo(trials * 97 / 100);
    assertThat(seenFive).isEqualTo(trials);
  }

  @Test
  void manyBenchmarksMustShowMore() {
    Random random = new Random(4);
    List<Sample> samples = new ArrayList<>();
    // Nine of nine forks: p = 1/512, below 0.01 alone, not five times that and more.
    Sample slow = paired(random, FORKS, 1.1, 0.001);
    samples.add(slow);
    assertThat(Rule.PAIRED.judge(samples).getFirst().verdict()).isEqualTo(Verdict.REGRESSION);
    IntStream.range(0, 9).forEach(i -> samples.add(paired(random, FORKS, 1, 0.01)));
    Finding among = Rule.PAIRED.judge(samples).getFirst();
    assertThat(among.verdict()).isEqualTo(Verdict.INCONCLUSIVE);
    assertThat(among.needed()).contains("18 forks");
    samples.set(0, slow.with(paired(random, FORKS, 1.1, 0.001)));
    assertThat(Rule.PAIRED.judge(samples).getFirst().verdict()).isEqualTo(Verdict.REGRESSION);
  }

  @Test
  void saysWhatWouldDecide() {
    Estimate undecided = new Estimate(0, -0.1, Math.expm1(2 * Math.log1p(0.05)), 0.5, 0.5);
    assertThat(Rule.PAIRED.needed(undecided, 9)).hasValue(37); // half as wide: four times as many
    Estimate hopeless = new Estimate(0.0149, -0.9, 9, 0.5, 0.5);
    assertThat(Rule.PAIRED.needed(hopeless, 9)).isEmpty();
  }

  private static boolean flagged(Sample sample) {
    return Rule.PAIRED.isSlower(Estimate.of(sample));
  }

  private static Verdict judge(Sample sample) {
    return Rule.PAIRED.judge(List.of(sample)).getFirst().verdict();
  }

  private static Verdict judgeIndependent(Sample sample) {
    return Rule.INDEPENDENT.judge(List.of(sample)).getFirst().verdict();
  }

  /** Forks differ by much, their ratios by little. */
  static Sample paired(Random random, int forks, double ratio, double noise) {
    double[] baseline = new double[forks];
    double[] candidate = new double[forks];
    Arrays.setAll(baseline, i -> Math.exp(0.7 * random.nextGaussian()));
    Arrays.setAll(candidate, i -> baseline[i] * ratio * Math.exp(noise * random.nextGaussian()));
    return new Sample("b", "us/op", list(baseline), list(candidate), true);
  }

  static Sample independent(Random random, int forks, double ratio, double noise) {
    double[] baseline = new double[forks];
    double[] candidate = new double[forks];
    Arrays.setAll(baseline, i -> Math.exp(noise * random.nextGaussian()));
    Arrays.setAll(candidate, i -> ratio * Math.exp(noise * random.nextGaussian()));
    return new Sample("b", "us/op", list(baseline), list(candidate), false);
  }

  private static List<Double> list(double[] values) {
    return Arrays.stream(values).boxed().toList();
  }
}
