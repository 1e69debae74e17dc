package dev.tilewright.gate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

class HolmTest {
  /** Smallest first: 4 x 0.005, 3 x 0.01, 2 x 0.03, then no less than that. */
  @Test
  void stepsDown() {
    double[] adjusted = Holm.adjusted(0.01, 0.04, 0.03, 0.005);
    double[] expected = {0.03, 0.06, 0.06, 0.02};
    assertThat(adjusted).containsExactly(expected, within(1e-12));
    assertThat(Holm.adjusted(0.7, 0.9)).containsExactly(1, 1);
    assertThat(Holm.adjusted()).isEmpty();
  }

  @Test
  void keepsTheLevelOverAllTests() {
    Random random = new Random(5);
    int alarms = 0;
    for (int trial = 0; trial < 2000; trial++) {
      double[] p = random.doubles(20).toArray();
      for (double adjusted : Holm.adjusted(p)) {
        if (adjusted < 0.05) {
          alarms++;
          break;
        }
      }
    }
    assertThat(alarms / 2000.0).isCloseTo(0.05, within(0.015));
  }
}
