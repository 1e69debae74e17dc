package dev.tilewright.cli.ocr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class CtcDecoderTest {
  // Classes: 0 blank, 1 a, 2 b, 3 space.
  private final CtcDecoder decoder = CtcDecoder.of(List.of("a", "b"));

  @Test
  void mergesRepetitionsUnlessABlankIsBetween() {
    assertThat(text(1, 1, 0, 1, 2, 2, 0)).isEqualTo("aab");
    assertThat(text(0, 0)).isEmpty();
    assertThat(text(1, 3, 2)).isEqualTo("a b");
    assertThat(text(3, 1, 3)).as("no blanks around").isEqualTo("a");
  }

  @Test
  void confidenceIsTheMeanOfTheStepsThatWereKept() {
    float[] steps = {
      0.1f, 0.8f, 0.1f, 0, // a
      0.0f, 1.0f, 0.0f, 0, // a again, merged: does not count
      0.9f, 0.1f, 0.0f, 0, // blank: does not count
      0.2f, 0.2f, 0.6f, 0, // b
    };
    CtcDecoder.Text text = decoder.decode(steps);
    assertThat(text.text()).isEqualTo("ab");
    assertThat(text.confidence()).isCloseTo(0.7, within(1e-6));
    assertThat(decoder.decode(new float[] {1, 0, 0, 0}).confidence()).isZero();
  }

  @Test
  void refusesAnotherNumberOfClasses() {
    assertThatThrownBy(() -> decoder.decode(new float[5]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("4 classes");
  }

  private String text(int... classes) {
    float[] steps = new float[4 * classes.length];
    for (int i = 0; i < classes.length; i++) {
      steps[4 * i + classes[i]] = 1;
    }
    return decoder.decode(steps).text();
  }
}
