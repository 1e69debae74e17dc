package dev.tilewright.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.onnx.OnnxModel;
import dev.tilewright.zoo.Zoo;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Networks by name, at the usual size and at others. */
class ZooVerbTest {
  @TempDir private Path folder;

  @Test
  void listsAll() {
    String out = CommandRun.of("zoo", "list").out();
    Zoo.blocks().forEach(entry -> assertThat(out).contains(entry.name()));
    Zoo.networks().forEach(entry -> assertThat(out).contains(entry.name()));
  }

  @Test
  void runsABatch() {
    assertThat(CommandRun.of("zoo", "run", "conv-depthwise", "--batch", "2").out())
        .contains("x:float32[2x128x28x28]", "y:float32[2x128x28x28]");
    assertThat(CommandRun.of("zoo", "run", "octconv-last", "--batch", "3").out())
        .contains("x0:float32[3x64x28x28]", "x1:float32[3x64x14x14]", "y:float32[3x128x28x28]");
    String[] sized = {"zoo", "run", "se-resnet50", "--input", "1x3x32x32", "--batch", "2"};
    assertThat(CommandRun.of(sized).out()).contains("x:float32[2x3x32x32]", "y:float32[2x1000]");
  }

  @Test
  void exportsABatch() throws IOException {
    Path file = folder.resolve("batch.onnx");
    CommandRun run =
        CommandRun.of("zoo", "export", "repvgg-block", "--batch", "4", "-o", file.toString());
    assertThat(run.out()).startsWith("wrote " + file);
    OnnxModel model = OnnxModel.read(MemorySegment.ofArray(Files.readAllBytes(file)));
    assertThat(model.inputs().getFirst().dims().getFirst().size()).isEqualTo(4);
  }

  @Test
  void refusesWhatCannotBe() {
    CommandRun.of("zoo", "run", "conv", "--batch", "0")
        .assertBadInput("--batch must be at least 1");
    CommandRun.of("zoo", "run", "conv", "--input", "1x3")
        .assertBadInput("an image is [N, C, H, W], not [1x3]");
    CommandRun.of("zoo", "run", "roi-align", "--batch", "2").assertBadInput("are of one image");
  }
}
