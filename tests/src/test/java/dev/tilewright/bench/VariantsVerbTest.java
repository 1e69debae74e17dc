package dev.tilewright.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.tilewright.SessionOptions;
import dev.tilewright.cli.CommandRun;
import dev.tilewright.tensor.Shape;
import dev.tilewright.zoo.Zoo;
import java.util.List;
import org.junit.jupiter.api.Test;

class VariantsVerbTest {
  @Test
  void timesABlockBesideTheOthersAndComparesOutputs() {
    CommandRun run = run("--variants=^squeeze-excitation$", "--json");
    assertThat(run.code()).isZero();
    JsonObject report = JsonParser.parseString(run.out()).getAsJsonObject();
    assertThat(report.getAsJsonArray("variants")).hasSize(1);
    JsonObject time = report.getAsJsonArray("variants").get(0).getAsJsonObject();
    assertThat(time.getAsJsonObject("dense").get("value").getAsDouble()).isBetween(0.0, 1.0);
    assertThat(time.getAsJsonObject("peer").get("micros").getAsDouble()).isPositive();
    assertThat(time.getAsJsonObject("agreement").get("error").getAsDouble()).isLessThan(1e-3);
  }

  @Test
  void printsATable() {
    CommandRun run = run("--variants=^hetconv-2$", "--backend=native");
    assertThat(run.code()).isZero();
    assertThat(run.out()).contains("hetconv-2", "0.556", "0.620", "0.670", "ours/ORT");
  }

  @Test
  void saysThatThereIsNoSuchBlock() {
    CommandRun run = run("--variants=^resnet50$");
    assertThat(run.code()).isNotZero();
    assertThat(run.err()).contains("^resnet50$");
  }

  @Test
  void theDenseConvolutionHasTheChannelsOfAllInputs() {
    assertThat(Variant.image(List.of(Shape.of(1, 96, 28, 28), Shape.of(1, 32, 14, 14))))
        .isEqualTo(Shape.of(1, 128, 28, 28));
    assertThat(Variant.image(List.of(Shape.of(2, 392, 96)))).isEqualTo(Shape.of(1, 96, 28, 28));
    assertThatThrownBy(() -> Variant.image(List.of(Shape.of(1, 50, 96))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("1x50x96");
  }

  /** What is timed computes what the block's file says, wherever its images' channels are. */
  @Test
  void aBlockInsideANetworkComputesTheSame() {
    try (Variant octave =
        Variant.of(Zoo.find("octconv-250"), new SessionOptions(1, "reference"), false)) {
      octave.inside().run();
      octave.file().run();
      assertThat(octave.inside().outputs().get("y0").shape()).isEqualTo(Shape.of(1, 28, 28, 96));
      assertThat(octave.agreement().error()).isZero();
      assertThat(octave.bytes()).isEqualTo(4L * 2 * (96 * 28 * 28 + 32 * 14 * 14));
    }
  }

  private static CommandRun run(String... more) {
    String[] all = new String[more.length + 5];
    List<String> common = List.of("bench", "variants", "--db=none", "--seconds=0.01", "--warmup=0");
    common.toArray(all);
    System.arraycopy(more, 0, all, common.size(), more.length);
    return CommandRun.of(all);
  }
}
