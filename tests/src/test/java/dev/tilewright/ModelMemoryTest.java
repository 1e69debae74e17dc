package dev.tilewright;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.onnx.ResidualNetwork;
import dev.tilewright.plan.Plan;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** How close the arenas of whole networks come to what is alive at once. */
class ModelMemoryTest {
  @Test
  void arenasOfSharedModelsAreWithinFivePercentOfTheBound() {
    KnownModels.shared().forEach(ModelMemoryTest::check);
  }

  @Test
  void arenasOfTheModelsOnTheClassPathAreWithinFivePercentOfTheBound() {
    KnownModels.ofTheClassPath().forEach(ModelMemoryTest::check);
  }

  @Test
  void arenaOfResNet50IsWithinFivePercentOfTheBound() {
    check(new KnownModels.Known("resnet50", ResidualNetwork.resnet50(), List.of()));
  }

  private static void check(KnownModels.Known known) {
    try (Model model = Model.of(known.bytes())) {
      for (SessionOptions options : options()) {
        Plan plan = model.plan(known.shapes(model), options);
        System.out.printf(
            Locale.ROOT,
            "%-32s %d thread(s) %,12d bytes, %5.1f %% of the bound, %d step(s) in place%n",
            known,
            options.threads(),
            plan.arenaBytes(),
            100.0 * plan.arenaBytes() / plan.lowerBoundBytes(),
            plan.steps().stream().filter(plan::isInPlace).count());
        assertThat((double) plan.arenaBytes())
            .as("arena of %s", known)
            .isBetween(1.0 * plan.lowerBoundBytes(), 1.05 * plan.lowerBoundBytes());
      }
    }
  }

  private static List<SessionOptions> options() {
    SessionOptions defaults = SessionOptions.defaults();
    return Stream.of(1, 2).map(defaults::threads).toList();
  }
}
