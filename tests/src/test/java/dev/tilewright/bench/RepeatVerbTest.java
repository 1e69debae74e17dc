package dev.tilewright.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.tilewright.cli.CommandRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RepeatVerbTest {
  private static final String FIXTURE = "/fixtures/network/dilated_context/dynamic_nhw/model.onnx";

  @TempDir private Path dir = Path.of("");

  @Test
  void comparesTwoTunings() throws IOException {
    Path model = dir.resolve("model.onnx");
    try (var in = getClass().getResourceAsStream(FIXTURE)) {
      Files.write(model, in.readAllBytes());
    }
    CommandRun run =
        CommandRun.of(
            "bench",
            "repeat",
            model.toString(),
            "--shape=1x4x32x32",
            "--backend=native",
            "--threads=1",
            "--budget=5",
            "--json");
    JsonObject report = JsonParser.parseString(run.out()).getAsJsonObject();
    JsonObject tuned = report.getAsJsonArray("models").get(0).getAsJsonObject();
    JsonObject other = tuned.getAsJsonArray("others").get(0).getAsJsonObject();
    for (JsonObject ratio :
        List.of(tuned.getAsJsonObject("gain"), other.getAsJsonObject("ratio"))) {
      assertThat(ratio.get("low").getAsDouble())
          .isPositive()
          .isLessThanOrEqualTo(ratio.get("high").getAsDouble());
    }
    assertThat(report.get("geometricMean").getAsDouble())
        .isCloseTo(tuned.getAsJsonObject("gain").get("value").getAsDouble(), within(1e-9));
    assertThat(run.code()).isEqualTo(tuned.get("good").getAsBoolean() ? 0 : 1);
    CommandRun.of("bench", "repeat", dir.resolve("none.onnx").toString())
        .assertBadInput("no such file");
  }
}
