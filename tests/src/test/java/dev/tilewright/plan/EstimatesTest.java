package dev.tilewright.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.backend.Backend;
import dev.tilewright.backend.Backends;
import dev.tilewright.conv.ConvAlgorithm;
import dev.tilewright.conv.ConvProblem;
import dev.tilewright.conv.ConvShape;
import dev.tilewright.conv.ConvShape.Padding;
import dev.tilewright.conv.ConvShape.Size;
import dev.tilewright.conv.Epilogue;
import dev.tilewright.conv.FakeConv;
import dev.tilewright.conv.FakeConv.Flaw;
import java.util.List;
import org.junit.jupiter.api.Test;

class EstimatesTest {
  private static final ConvProblem PROBLEM =
      new ConvProblem(
          new ConvShape(
              1,
              1,
              16,
              8,
              new Size(9, 11),
              new Size(3, 3),
              new Size(1, 1),
              new Size(1, 1),
              new Padding(1, 1, 1, 1)),
          Epilogue.NONE,
          1);

  private static double nanos(double efficiency) {
    ConvAlgorithm algorithm = new FakeConv("native.namesake", efficiency, Flaw.NONE, 0);
    return ((Estimates.Answer.Best) Estimates.of(algorithm, PROBLEM, Correction.NONE)).nanos();
  }

  @Test
  void namesakesAnswerForThemselves() {
    assertThat(nanos(0.1)).isGreaterThan(5 * nanos(1)).isEqualTo(nanos(0.1));
  }

  @Test
  void backendsMakeTheirAlgorithmsOnce() {
    for (Backend backend : Backends.load().usable("auto")) {
      List<ConvAlgorithm> again = backend.convolutions();
      List<ConvAlgorithm> once = backend.convolutions();
      for (int i = 0; i < once.size(); i++) {
        assertThat(again.get(i)).isSameAs(once.get(i));
      }
    }
  }
}
