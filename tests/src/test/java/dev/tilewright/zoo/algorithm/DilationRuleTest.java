package dev.tilewright.zoo.algorithm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The rule and what is really seen, against the values of Wang et al. and hand counts. */
class DilationRuleTest {
  @Test
  void agreesWithThePaper() {
    assertThat(new DilationRule(List.of(1, 2, 5), 3).distances()).containsExactly(1, 2, 5);
    assertThat(new DilationRule(List.of(1, 2, 9), 3).distances()).containsExactly(3, 5, 9);
    assertThat(new DilationRule(List.of(1, 2, 5), 3).broken()).isEmpty();
    assertThat(new DilationRule(List.of(1, 2, 9), 3).broken()).contains("5");
    assertThat(new DilationRule(List.of(2, 4, 6), 3).broken()).contains("common divisor");
  }

  @Test
  void countsTheHolesThatTheRuleMisses() {
    assertThat(new DilationRule(List.of(1, 2, 5), 3).holes()).isZero();
    assertThat(new DilationRule(List.of(1, 2, 9), 3).holes()).isEqualTo(184);
    assertThat(new DilationRule(List.of(2, 2, 2), 3).holes()).isEqualTo(13 * 13 - 7 * 7);
    // Neither sufficient nor necessary.
    assertThat(new DilationRule(List.of(2, 3), 3).broken()).isEmpty();
    assertThat(new DilationRule(List.of(2, 3), 3).holes()).isEqualTo(40);
    assertThat(new DilationRule(List.of(1, 5, 25), 5).broken()).isNotEmpty();
    assertThat(new DilationRule(List.of(1, 5, 25), 5).holes()).isZero();
  }

  @Test
  void everyPathIsCounted() {
    // Two 3-tap layers of rate 1: 1 2 3 2 1.
    assertThat(new DilationRule(List.of(1, 1), 3).paths()).containsExactly(1, 2, 3, 2, 1);
    DilationRule rule = new DilationRule(List.of(1, 2, 5), 3);
    assertThat(rule.paths()).hasSize(rule.receptiveField());
    assertThat(Arrays.stream(rule.paths()).sum()).isEqualTo(27);
  }
}
