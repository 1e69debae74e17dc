package dev.tilewright.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.tilewright.cli.CommandRun;
import dev.tilewright.conv.ConvProblem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RegretVerbTest {
  @TempDir private Path dir = Path.of("");

  @Test
  void drawsTheSameLayersForASeed() {
    List<ConvProblem> layers = RandomLayers.of(200, 5);
    assertThat(layers).doesNotHaveDuplicates().isEqualTo(RandomLayers.of(200, 5));
    assertThat(layers).isNotEqualTo(RandomLayers.of(200, 6));
    assertThat(layers).filteredOn(p -> p.shape().isDepthwise()).hasSizeBetween(20, 60);
    assertThat(layers).filteredOn(p -> p.shape().isPointwise()).hasSizeBetween(40, 90);
  }

  @Test
  void measuresOnceAndGoesOn() throws IOException {
    Path results = dir.resolve("regret.jsonl");
    JsonObject first = run(results);
    assertThat(first.get("layers").getAsInt()).isEqualTo(1);
    JsonObject layer = first.getAsJsonArray("regrets").get(0).getAsJsonObject();
    assertThat(layer.get("bestMicros").getAsDouble()).isPositive();
    assertThat(layer.getAsJsonArray("kernels")).isNotEmpty();
    // The second time everything is known: not a byte is added.
    String text = Files.readString(results);
    assertThat(run(results)).isEqualTo(first);
    assertThat(Files.readString(results)).isEqualTo(text);
    // A line that a killed run left is not in the way.
    Files.writeString(results, text + "\n{\"problem\":\"n1");
    assertThat(run(results)).isEqualTo(first);
  }

  private static JsonObject run(Path results) {
    CommandRun run =
        CommandRun.of(
            "bench",
            "regret",
            "--backend=native",
            "--db=none",
            "--shapes=1",
            "--seed=7",
            "--final=0.05",
            "--results=" + results,
            "--json");
    assertThat(run.code()).isZero();
    return JsonParser.parseString(run.out()).getAsJsonObject();
  }
}
