package dev.tilewright.zoo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.tensor.Shape;
import dev.tilewright.zoo.block.SelfAttention;
import dev.tilewright.zoo.block.WindowAttention;
import dev.tilewright.zoo.build.Blueprint;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Multiply-adds of attention, by the formulas of Liu et al. (2021, arXiv 2103.14030). */
class AttentionCostTest {
  @ParameterizedTest
  @CsvSource({"56, 96, 7", "14, 384, 7", "8, 32, 4"})
  void countsAsThePaper(int side, int width, int window) {
    long pixels = (long) side * side;
    long projections = 4 * pixels * width * width;
    int windows = side / window * (side / window);

    Blueprint all = Blueprint.of(new SelfAttention(2), Shape.of(1, side * side, width));
    assertThat(all.macs()).isEqualTo(projections + 2 * pixels * pixels * width);

    Blueprint inside =
        Blueprint.of(
            new WindowAttention(2, window, Optional.empty()),
            Shape.of(windows, window * window, width));
    assertThat(inside.macs()).isEqualTo(projections + 2L * window * window * pixels * width);
  }
}
