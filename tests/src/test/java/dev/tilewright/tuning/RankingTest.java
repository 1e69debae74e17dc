package dev.tilewright.tuning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class RankingTest {
  @Test
  void correlationIsOfRanksNotOfValues() {
    double[] up = {1, 2, 3, 4};
    assertThat(Ranking.spearman(up, new double[] {1, 10, 100, 1e9})).isEqualTo(1);
    assertThat(Ranking.spearman(up, new double[] {4, 3, 2, -100})).isEqualTo(-1);
    // 1 - 6 * sum(d^2) / (n (n^2 - 1)) with d = 1, 1, 1, 1.
    assertThat(Ranking.spearman(up, new double[] {20, 10, 40, 30})).isCloseTo(0.6, within(1e-12));
  }

  @Test
  void equalValuesShareARank() {
    // Ranks 0.5 0.5 2 and 0 1 2: Pearson's is 1.5 / sqrt(1.5 * 2).
    double[] ties = {5, 5, 9};
    assertThat(Ranking.spearman(ties, new double[] {1, 2, 3}))
        .isCloseTo(1.5 / Math.sqrt(3), within(1e-12));
    assertThat(Ranking.spearman(new double[] {1, 1}, new double[] {1, 2})).isNaN();
    assertThat(Ranking.spearman(new double[] {1}, new double[] {1})).isNaN();
  }

  @Test
  void regretIsTheShareLost() {
    assertThat(Ranking.regret(30, new double[] {30, 20})).isEqualTo(0.5);
    assertThat(Ranking.regret(20, new double[] {30, 20})).isZero();
  }
}
