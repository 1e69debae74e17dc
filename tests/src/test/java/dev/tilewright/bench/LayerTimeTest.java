package dev.tilewright.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tilewright.SessionOptions;
import dev.tilewright.conv.Tile;
import dev.tilewright.database.Machine;
import dev.tilewright.database.TuningRecord;
import dev.tilewright.database.TuningRecord.Status;
import dev.tilewright.graph.Op;
import dev.tilewright.op.OpProblem;
import dev.tilewright.plan.Origin;
import dev.tilewright.plan.Plan;
import dev.tilewright.plan.Recipe;
import dev.tilewright.tuning.Statistics.Interval;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LayerTimeTest {
  private static final String WORK = "n1g1c8k8_i8x8_f3x3_s1x1_d1x1_p1,1,1,1_bias_relu";
  private static final Machine HERE = new Machine("Acme 1", "avx2", "L2 1M", 2, "Java", "n=1");

  private static Plan.Step step(String op, String key) {
    Plan.Choice choice =
        new Plan.Choice(
            "native.gemm",
            "mr=6",
            Origin.ESTIMATED,
            "",
            500,
            new Plan.Rival("vector.gemm", "mr=4", 800),
            Map.of());
    return new Plan.Step(
        op,
        op,
        key,
        1000,
        4000,
        2,
        choice,
        new Recipe.Operator(
            Recipe.PORTABLE, new OpProblem(new Op.MatMul(), List.of(), List.of(), List.of())),
        operands -> {
          throw new IllegalStateException("not run here");
        },
        List.of(),
        List.of());
  }

  private static LayerTime layer(String op, String key, double nanos) {
    Plan.Step step = step(op, key);
    return new LayerTime(
        0,
        0,
        step,
        new Interval(nanos, nanos, nanos),
        ProfileCase.ROOF.nanos(1000, 4000),
        true,
        null);
  }

  @Test
  void kindsSayWhatALayerIs() {
    assertThat(layer("Conv", WORK + "_t2", 1).kind()).isEqualTo("conv 3x3");
    assertThat(layer("Conv", WORK.replace("g1", "g8") + "_t1", 1).kind())
        .isEqualTo("depthwise 3x3");
    assertThat(layer("Conv", WORK.replace("g1", "g2") + "_t1", 1).kind()).isEqualTo("grouped 3x3");
    assertThat(layer("Conv", WORK + "_t1 > " + WORK + "_t1", 1).kind()).isEqualTo("fused chain");
    assertThat(layer("Softmax", "softmax[float32[1x10]]_t1", 1).kind()).isEqualTo("Softmax");
  }

  @Test
  void theRoofIsTheSlowerOfArithmeticAndMemory() {
    Roofline roof = ProfileCase.ROOF; // 100 GFLOP/s; 80 GB/s up to 64 KB, 20 at 1 MB
    assertThat(roof.nanos(1000, 4000)).isCloseTo(50, within(1e-9));
    assertThat(roof.isBoundByMemory(1000, 4000)).isTrue();
    assertThat(roof.nanos(10_000, 4000)).isCloseTo(200, within(1e-9));
    assertThat(roof.isBoundByMemory(10_000, 4000)).isFalse();
    assertThat(roof.bytesPerNano(1 << 18)).isCloseTo(50, within(1e-9)); // halfway in size
    assertThat(roof.bytesPerNano(1 << 30)).isEqualTo(20);
    assertThat(layer("Conv", WORK + "_t2", 100).percentOfBound()).isCloseTo(50, within(1e-9));
  }

  @Test
  void theCostModelIsJudgedBeyondItsScale() {
    List<LayerTime> layers =
        List.of(layer("a", "a", 1000), layer("b", "b", 1000), layer("c", "c", 2000));
    CostModelError error = CostModelError.of(layers);
    assertThat(error.scale()).isEqualTo(2);
    assertThat(error.ratio()).isCloseTo(4000 / 1500.0, within(1e-9));
    assertThat(error.spread()).isEqualTo(1);
  }

  private static TuningRecord record(Machine on, Status status, String algorithm, double nanos) {
    return new TuningRecord(
        WORK, "auto", 1, on, status, algorithm, Tile.NONE, 1, 9, nanos, nanos, nanos, 0);
  }

  @Test
  void theRunnerUpIsWhatWasMeasuredElseWhatIsEstimated() {
    Plan.Step step = step("Conv", WORK + "_t2");
    SessionOptions options = SessionOptions.defaults();
    LayerTime.RunnerUp estimated = new RunnersUp(List.of(), HERE, options).of(step);
    assertThat(estimated).isEqualTo(new LayerTime.RunnerUp("vector.gemm", "mr=4", 800.0, null));

    Machine other = new Machine("Acme 2", "avx2", "L2 1M", 2, "Java", "n=1");
    List<TuningRecord> records =
        List.of(
            record(HERE, Status.MEASURED, "native.slow", 900),
            record(HERE, Status.MEASURED, "native.next", 600),
            record(HERE, Status.WRONG, "native.wrong", 0),
            record(other, Status.MEASURED, "native.elsewhere", 100));
    assertThat(new RunnersUp(records, HERE, options).of(step))
        .isEqualTo(new LayerTime.RunnerUp("native.next", "", null, 600.0));
  }
}
