package dev.tilewright.tuning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class StatisticsTest {
  @Test
  void medianIsTheMiddle() {
    assertThat(Statistics.median(List.of(3.0, 1.0, 2.0))).isEqualTo(2);
    assertThat(Statistics.median(List.of(4.0, 1.0, 2.0, 3.0))).isEqualTo(2.5);
    assertThat(Statistics.median(List.of())).isNaN();
  }

  /** Table A of any book on nonparametric statistics: sign test, 2.5 % each side. */
  @Test
  void intervalsCutWhatTheBinomialAllows() {
    assertThat(IntStream.of(1, 6, 8, 9, 12, 20, 25).map(Statistics::cut))
        .containsExactly(0, 0, 0, 1, 2, 5, 7);
  }

  /** As the normal distribution has it, also where a chance of 2^-n is no double. */
  @Test
  void intervalsOfManyValuesAreNarrow() {
    for (int n : new int[] {100, 1000, 1100, 10_000, 1_000_000}) {
      double root = Math.sqrt(n);
      assertThat((double) Statistics.cut(n)).isBetween(n / 2.0 - root - 1, n / 2.0 - 0.97 * root);
    }
  }

  @Test
  void intervalHoldsTheTrueSpeedupAsOftenAsItSays() {
    Random random = new Random(1);
    int held = 0;
    for (int trial = 0; trial < 1000; trial++) {
      List<Duet.Round> rounds =
          IntStream.range(0, 21)
              .mapToObj(i -> Math.exp(random.nextGaussian())) // the machine's mood
              .map(mood ->
                  new Duet.Round(
                      List.of(mood * Math.exp(0.1 * random.nextGaussian())),
                      List.of(1.5 * mood * Math.exp(0.1 * random.nextGaussian()))))
              .toList();
      Statistics.Interval ratio = Statistics.speedup(rounds);
      held += ratio.low() <= 1.5 && 1.5 <= ratio.high() ? 1 : 0;
    }
    assertThat(held / 1000.0).isCloseTo(0.973, within(0.02));
  }
}
