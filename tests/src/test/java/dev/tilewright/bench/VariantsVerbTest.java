package dev.tilewright.bench;

import static org.assertj.core.api.Assertions.assertThat;

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
    assertThat(image("octconv-250")).isEqualTo(Shape.of(1, 128, 28, 28));
    assertThat(image("octconv-last")).isEqualTo(Shape.of(1, 128, 28, 28));
    assertThat(image("condconv-4")).isEqualTo(Shape.of(4, 128, 28, 28));
    assertThat(image("window-attention")).isEqualTo(Shape.of(1, 128, 28, 28));
    assertThat(image("vit-block")).isEqualTo(Shape.of(1, 384, 14, 14));
    assertThat(image("mbconv")).isEqualTo(Shape.of(1, 40, 28, 28));
    assertThat(image("grid-sample")).isEqualTo(Shape.of(1, 128, 28, 28));
    assertThat(image("conv-computed")).isEqualTo(Shape.of(1, 128, 28, 28));
  }

  /** Of 3 channels of a photograph, or of thousands, it would say nothing. */
  @Test
  void theDenseConvolutionIsTheUsualOneBesideBlocksThatChangeTheSize() {
    for (String name : List.of("patch-merging", "patch-embed", "roi-align", "fpn", "condconv-fc")) {
      assertThat(image(name)).as(name).isEqualTo(Shape.of(1, 128, 28, 28));
    }
  }

  private static Shape image(String name) {
    return Variant.image(Zoo.find(name).blueprint());
  }

  /** Grids and filters stay as they are where images have their channels last. */
  @Test
  void onlyImagesAreTurned() {
    for (String name : List.of("grid-sample", "conv-computed")) {
      try (Variant block = Variant.of(Zoo.find(name), new SessionOptions(1, "auto"), false)) {
        block.inside().run();
        block.file().run();
        assertThat(block.agreement().error()).as(name).isZero();
      }
    }
  }

  @Test
  void whatIsFoldedIsTimedBesideWhatItFoldsTo() {
    CommandRun run = run("--variants=^repmlp$");
    assertThat(run.code()).isZero();
    assertThat(run.out()).containsPattern("repmlp +1[.]000 .* 1[.]030 ");
  }

  @Test
  void everyBlockHasATarget() {
    assertThat(Zoo.blocks()).allSatisfy(entry -> assertThat(entry.target()).isPresent());
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
