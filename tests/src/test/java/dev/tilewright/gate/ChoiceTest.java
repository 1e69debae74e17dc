package dev.tilewright.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.SessionOptions;
import dev.tilewright.backend.Backends;
import dev.tilewright.cli.CommandRun;
import dev.tilewright.conv.Tile;
import dev.tilewright.database.Machine;
import dev.tilewright.database.TuningRecord;
import dev.tilewright.database.TuningTable;
import java.util.List;
import org.junit.jupiter.api.Test;

class ChoiceTest {
  private static final LayerModel LAYER = new LayerModel("3x3_8_16", 8, 8, 16, 3, 1, 1, 1);

  /** Plain loops in double are never the fastest. */
  @Test
  void anInjectedWrongPreferenceIsCaught() {
    Machine here = Backends.load().machine();
    TuningRecord wrong =
        new TuningRecord(
            LAYER.shape().key() + "_bias",
            "auto",
            1,
            here,
            TuningRecord.Status.CHOSEN,
            "reference.direct",
            Tile.NONE,
            1,
            31,
            100,
            99,
            101,
            1_790_000_000);
    SessionOptions options =
        new SessionOptions(1, "auto", TuningTable.of(List.of(List.of(wrong)), here));
    Choice choice = Choice.of(LAYER, options);
    assertThat(choice.chosen()).isEqualTo("reference.direct");
    assertThat(choice.isWrong()).isTrue();
    assertThat(choice.note().verdict()).isEqualTo(Verdict.REGRESSION);
    assertThat(choice.note().text()).contains("behind " + choice.fastest());
  }

  @Test
  void theOnlyKernelIsTheFastest() {
    Choice choice = Choice.of(LAYER, new SessionOptions(1, "reference"));
    assertThat(choice.lag()).isZero();
    assertThat(choice.note().verdict()).isEqualTo(Verdict.PASS);
  }

  @Test
  void unknownLayersAreRefused() {
    CommandRun.of("gate", "choice", "--benchmarks=none").assertBadInput("no layer is called");
  }
}
