package dev.tilewright.tuning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Fabricated runs of two steps, undisturbed and with another program on one of two cores. */
class GainTest {
  private static final int TURNS = 16;

  /**
   * Steps of 100 and 300 us.
   *
   * @param factor of the second one's time
   * @param disturbed share of the turns in which a step takes twice as long, the other program
   *     having its second thread's core
   */
  private static StepTimes times(double factor, double disturbed, long seed) {
    Random random = new Random(seed);
    List<double[]> turns = new ArrayList<>();
    for (int turn = 0; turn < TURNS; turn++) {
      turns.add(
          new double[] {step(100e3, disturbed, random), step(factor * 300e3, disturbed, random)});
    }
    return new StepTimes(List.of("a", "b"), turns);
  }

  private static double step(double nanos, double disturbed, Random random) {
    double jitter = 1 + 0.005 * random.nextDouble();
    return nanos * jitter * (random.nextDouble() < disturbed ? 2 : 1);
  }

  private static Gain gain(double factor, double disturbed, long seed) {
    StepTimes before = times(1, disturbed, seed);
    StepTimes again = times(1, disturbed, seed + 1000);
    return Gain.of(before, again, times(factor, disturbed, seed + 2000), step -> true);
  }

  @Test
  void sumsTheStepsThatCount() {
    StepTimes times =
        new StepTimes(
            List.of("a", "b", "a"), List.of(new double[] {5, 9, 2}, new double[] {4, 8, 3}));
    assertThat(times.inTurns("a"::equals)).containsExactly(7.0, 7.0);
    assertThat(times.least("a"::equals)).isEqualTo(6); // of each step the least
    assertThat(times.least(step -> true)).isEqualTo(14);
    assertThat(times.least("c"::equals)).isZero();
  }

  @Test
  void seesWhatIsGainedOnAQuietMachine() {
    for (long seed = 0; seed < 100; seed++) {
      Gain gain = gain(0.9, 0, seed);
      assertThat(gain.ofLeast()).isCloseTo(400 / 370.0, within(0.01));
      assertThat(gain.noise()).isBetween(1.0, 1.006);
      assertThat(gain.isSurely(1.02)).isTrue();
    }
  }

  @Test
  void seesNoGainWhereThereIsNone() {
    for (double disturbed : new double[] {0, 0.3, 0.6, 0.9}) {
      for (long seed = 0; seed < 100; seed++) {
        assertThat(gain(1, disturbed, seed).isSurely(1.02)).isFalse();
        assertThat(gain(1.1, disturbed, seed).isSurely(1)).isFalse();
      }
    }
  }

  /**
   * One thread takes 1.3 times as long as two that are left alone, which they are in one turn of
   * ten: it is faster by turns, as a median would say, and must not win.
   */
  @Test
  void doesNotGiveUpAThreadThatAnotherProgramTakes() {
    int won = 0;
    for (long seed = 0; seed < 200; seed++) {
      StepTimes two = times(1, 0.9, seed);
      StepTimes again = times(1, 0.9, seed + 1000);
      StepTimes one = times(1.3, 0, seed + 2000);
      Gain gain = Gain.of(two, again, one, "b"::equals);
      assertThat(gain.speedup().value()).isGreaterThan(1);
      won += gain.isSurely(1.02) ? 1 : 0;
    }
    // Both of two sessions would have to be disturbed in all of 16 turns: 0.9 ^ 32 = 3 %.
    assertThat(won).isLessThan(20);
  }
}
