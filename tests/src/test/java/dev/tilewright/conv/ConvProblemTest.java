package dev.tilewright.conv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConvProblemTest {
  private static final ConvShape SHAPE = ConvShape.parse("n2g3c9k6_i7x5_f3x2_s2x1_d1x2_p1,0,2,1");

  @Test
  void readsBackEveryKey() {
    for (Activation activation :
        List.of(
            Activation.none(),
            Activation.relu(),
            new Activation.Clip(-1.5f, 6),
            new Activation.Clip(1e-9f, Float.POSITIVE_INFINITY),
            new Activation.LeakyRelu(0.1f),
            new Activation.Sigmoid(),
            new Activation.HardSigmoid(0.2f, 0.5f),
            new Activation.Silu(),
            new Activation.HardSwish(),
            new Activation.Gelu(),
            new Activation.Tanh())) {
      for (boolean bias : new boolean[] {false, true}) {
        for (boolean residual : new boolean[] {false, true}) {
          ConvProblem problem = new ConvProblem(SHAPE, new Epilogue(bias, residual, activation), 1);
          assertThat(ConvProblem.parse(problem.work())).isEqualTo(problem);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "matmul_n1m2k3n4",
        "n2g3c9k6_i7x5_f3x2_s2x1_d1x2_p1,0,2,1_bias_dance",
        "n2g3c9k6_i7x5_f3x2_s2x1_d1x2_p1,0,2,1_clip(1)",
        "n2g3c9k6_i7x5_f3x2_s2x1_d1x2_p1,0,2,1_clip(a,b)",
        "n2g3c9k6_i7x5_f3x2_s2x1_p1,0,2,1",
        "n2g4c9k6_i7x5_f3x2_s2x1_d1x2_p1,0,2,1"
      })
  void refusesWhatIsNoProblem(String text) {
    assertThatThrownBy(() -> ConvProblem.parse(text)).isInstanceOf(IllegalArgumentException.class);
  }
}
