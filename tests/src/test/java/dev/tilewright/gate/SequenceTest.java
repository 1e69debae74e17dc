package dev.tilewright.gate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.function.DoubleSupplier;
import org.junit.jupiter.api.Test;

/** Error rates of the gate's decisions, by simulation. */
class SequenceTest {
  private static final int FORKS = 9;
  private static final int BENCHMARKS = 5;

  /** How one benchmark's forks ended. */
  private record End(Sequence.State state, int forks) {}

  /** Of noise so large that only the levels keep alarms away: at most 1 % of runs. */
  @Test
  void falseAlarmsAreAsRareAsPromised() {
    Random random = new Random(1);
    assertThat(alarms(20_000, () -> 0.2 * random.nextGaussian())).isLessThanOrEqualTo(200);
  }

  /** One fork in ten stands far apart, to either side. */
  @Test
  void forksThatStandApartAreNoAlarm() {
    Random random = new Random(2);
    assertThat(alarms(20_000, () -> (random.nextInt(10) == 0 ? 0.3 : 0.03) * random.nextGaussian()))
        .isLessThanOrEqualTo(200);
  }

  /** What a quiet machine and one busy core show: nothing at all. */
  @Test
  void atTheNoiseThatIsMeasuredThereAreNoAlarms() {
    Random random = new Random(3);
    assertThat(alarms(5_000, () -> 0.005 * random.nextGaussian())).isZero();
    assertThat(alarms(5_000, () -> 0.01 * random.nextGaussian())).isZero();
  }

  @Test
  void whatGotSlowerIsFound() {
    assertThat(found(0.03, 0.005)).isGreaterThanOrEqualTo(0.98);
    assertThat(found(0.03, 0.01)).isGreaterThanOrEqualTo(0.90);
    assertThat(found(0.05, 0.01)).isGreaterThanOrEqualTo(0.99);
    assertThat(found(0.10, 0.015)).isGreaterThanOrEqualTo(0.99);
  }

  @Test
  void whatDidNotChangeCostsFewForks() {
    assertThat(averageForks(0, 0.004)).isLessThan(3.7);
    assertThat(averageForks(0, 0.01)).isLessThan(6.5);
    assertThat(averageForks(0.05, 0.005)).isLessThan(11.5);
  }

  @Test
  void whatGotFasterIsFound() {
    Random random = new Random(6);
    int found = 0;
    for (int i = 0; i < 500; i++) {
      End end = end(() -> Math.log(0.95) + 0.01 * random.nextGaussian());
      found += end.state == Sequence.State.FASTER ? 1 : 0;
    }
    assertThat(found).isGreaterThanOrEqualTo(475);
  }

  /** Certain, but too little to count. */
  @Test
  void lessThanTheThresholdIsNotCalled() {
    Random random = new Random(7);
    for (int i = 0; i < 200; i++) {
      End end = end(() -> 0.01 + 0.001 * random.nextGaussian());
      assertThat(end.state).isEqualTo(Sequence.State.SAME);
      assertThat(end.forks).isEqualTo(3);
    }
  }

  @Test
  void theMoreBenchmarksTheMoreEachHasToShow() {
    assertThat(forksUntilCalled(1)).isEqualTo(5 + 5);
    assertThat(forksUntilCalled(5)).isEqualTo(5 + 6);
    assertThat(forksUntilCalled(100)).isEqualTo(5 + 10);
  }

  @Test
  void thePValueIsOfAllLooksAndBenchmarks() {
    Sequence sequence = new Sequence(Rule.PAIRED, FORKS, BENCHMARKS);
    for (int i = 0; sequence.state().wantsMore(); i++) {
      sequence.add(0.10 + 0.001 * i);
    }
    // Six fresh forks agree, 1/64; two looks; five benchmarks; screened at 5 %.
    assertThat(sequence.p())
        .isEqualTo(0.05 * 2 * 5 / 64, org.assertj.core.data.Offset.offset(1e-9));
  }

  private static int forksUntilCalled(int benchmarks) {
    Sequence sequence = new Sequence(Rule.PAIRED, FORKS, benchmarks);
    int forks = 0;
    for (; sequence.state().wantsMore(); forks++) {
      sequence.add(0.1 + 0.001 * forks);
    }
    assertThat(sequence.state()).isEqualTo(Sequence.State.SLOWER);
    return forks;
  }

  /** Of so many benchmarks, none of which changed, those called slower, in fifths of runs. */
  private static int alarms(int benchmarks, DoubleSupplier logRatio) {
    int alarms = 0;
    for (int i = 0; i < benchmarks; i++) {
      alarms += end(logRatio).state == Sequence.State.SLOWER ? 1 : 0;
    }
    return alarms * BENCHMARKS;
  }

  private static double found(double change, double noise) {
    Random random = new Random(4);
    int trials = 1000;
    int found = 0;
    for (int i = 0; i < trials; i++) {
      End end = end(() -> Math.log1p(change) + noise * random.nextGaussian());
      found += end.state == Sequence.State.SLOWER ? 1 : 0;
    }
    return (double) found / trials;
  }

  private static double averageForks(double change, double noise) {
    Random random = new Random(5);
    int trials = 1000;
    int forks = 0;
    for (int i = 0; i < trials; i++) {
      forks += end(() -> Math.log1p(change) + noise * random.nextGaussian()).forks;
    }
    return (double) forks / trials;
  }

  private static End end(DoubleSupplier logRatio) {
    Sequence sequence = new Sequence(Rule.PAIRED, FORKS, BENCHMARKS);
    int forks = 0;
    for (; sequence.state().wantsMore(); forks++) {
      sequence.add(logRatio.getAsDouble());
    }
    return new End(sequence.state(), forks);
  }
}
