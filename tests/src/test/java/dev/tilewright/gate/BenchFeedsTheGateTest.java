package dev.tilewright.gate;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.tilewright.cli.CommandRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code bench} writes is what {@code gate --jmh} reads. */
class BenchFeedsTheGateTest {
  @TempDir private Path dir = Path.of("");
  private Path model = Path.of("");
  private Path json = Path.of("");

  @BeforeEach
  void makeModel() throws IOException {
    model = dir.resolve("tiny.onnx");
    json = dir.resolve("results.json");
    Files.write(model, new LayerModel("tiny", 8, 8, 16, 3, 1, 1, 1).bytes());
  }

  @Test
  void modelsAreTimed() throws IOException {
    JsonObject result = only("models", "--seconds=0.1", "--warmup=0.1", "--threads=1");
    assertThat(result.get("benchmark").getAsString()).isEqualTo("tilewright.models.tiny.onnx");
    assertThat(result.get("mode").getAsString()).isEqualTo("avgt");
    assertThat(score(result, "rate")).isPositive();
    assertThat(score(result, "ofPeak")).isPositive();
    JmhFile.Result read = JmhFile.read(json).results().values().iterator().next();
    assertThat(read.unit()).isEqualTo("ms/op");
    assertThat(read.forks()).hasSize(1).allSatisfy(ms -> assertThat(ms).isPositive());
    CommandRun judged = CommandRun.of("gate", "--jmh", json.toString(), json.toString());
    assertThat(judged.out()).contains("INCONCLUSIVE").contains("only 1 fork");
  }

  @Test
  void memoryIsOfProcessesOfTheirOwn() throws IOException {
    JsonObject result = only("memory", "--runs=3", "--forks=2", "--threads=1");
    List<Double> resident = JmhFile.read(json).results().values().iterator().next().forks();
    assertThat(resident).hasSize(2).allSatisfy(b -> assertThat(b).isBetween(1e7, 1e10));
    // One image of 8 x 16 x 16 floats in and one out.
    assertThat(score(result, "arena")).isBetween(2.0 * 8 * 16 * 16 * 4, 1e6);
    assertThat(score(result, "packedWeights")).isBetween(8.0 * 8 * 9 * 4, 1e6);
    assertThat(score(result, "mostResident")).isGreaterThanOrEqualTo(1e7);
  }

  @Test
  void startupIsByWhatWasKeptBefore() throws IOException {
    String text = run("startup", "--pairs=1", "--threads=1", "--json=" + json);
    assertThat(text)
        .contains("ONNX Runtime ms", "tiny.onnx")
        .contains("as it is", "class archive", "packed cache", "packed cache, class archive")
        .contains("packed and AOT cache");
    assertThat(JmhFile.read(json).results()).as("those five and the peer's").hasSize(6);
  }

  private JsonObject only(String verb, String... options) throws IOException {
    run(
        verb,
        Stream.concat(Stream.of(options), Stream.of("--json=" + json)).toArray(String[]::new));
    JsonObject result =
        JsonParser.parseString(Files.readString(json)).getAsJsonArray().get(0).getAsJsonObject();
    JsonObject environment = result.getAsJsonObject("environment");
    assertThat(environment.keySet()).contains("cpu", "flags", "revision", "database");
    return result;
  }

  private String run(String verb, String... options) {
    List<String> arguments = new ArrayList<>(List.of("bench", verb, model.toString()));
    arguments.addAll(List.of(options));
    CommandRun run = CommandRun.of(arguments.toArray(String[]::new));
    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isZero();
    return run.out();
  }

  private static double score(JsonObject result, String metric) {
    return result
        .getAsJsonObject("secondaryMetrics")
        .getAsJsonObject(metric)
        .get("score")
        .getAsDouble();
  }
}
