package dev.tilewright.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class KernelsVerbTest {
  @TempDir private Path dir = Path.of("");
  private final StringWriter out = new StringWriter();

  @Test
  void timesAndChecksALayer() throws IOException {
    Path json = dir.resolve("result.json");
    int code =
        run(
            "--backend=reference",
            "--layers="
                + layers("tiny 1 3 5 6 7 3 3 1 1 1 1 1 1 1", "other 1 1 1 1 1 1 1 1 1 0 0 1 1 1"),
            "--filter=tiny",
            "--json=" + json);
    assertThat(code).isZero();
    assertThat(out.toString()).contains("tiny").contains("direct").doesNotContain("other");
    JsonObject result =
        JsonParser.parseString(Files.readString(json)).getAsJsonArray().get(0).getAsJsonObject();
    assertThat(result.get("benchmark").getAsString()).isEqualTo("tilewright.kernels.tiny");
    JsonObject environment = result.getAsJsonObject("environment");
    assertThat(environment.get("jdk").getAsString()).contains("25");
    assertThat(environment.get("database").getAsString()).isEqualTo("none");
    JsonObject params = result.getAsJsonObject("params");
    assertThat(params.get("key").getAsString()).isEqualTo("n1g1c3k5_i6x7_f3x3_s1x1_d1x1_p1,1,1,1");
    assertThat(params.get("algorithm").getAsString()).isEqualTo("reference.direct");
    JsonObject time = result.getAsJsonObject("primaryMetric");
    assertThat(time.get("scoreUnit").getAsString()).isEqualTo("us/op");
    assertThat(time.get("score").getAsDouble()).isPositive();
    assertThat(score(result, "ofPeak")).isPositive();
    assertThat(score(result, "error")).isPositive().isLessThanOrEqualTo(1);
  }

  @Test
  void timesProductsOfTheBackendsThatHaveThem() throws IOException {
    int code =
        run(
            "--layers=" + layers("product 2 9 8 17"),
            "--seconds=0.05",
            "--warmup=0.05",
            "--threads=2",
            "--all",
            "--json");
    assertThat(code).isZero();
    List<JsonElement> rows = JsonParser.parseString(out.toString()).getAsJsonArray().asList();
    assertThat(rows)
        .isNotEmpty()
        .allSatisfy(
            row -> assertThat(score(row.getAsJsonObject(), "error")).isLessThanOrEqualTo(1));
  }

  private static double score(JsonObject result, String metric) {
    return result
        .getAsJsonObject("secondaryMetrics")
        .getAsJsonObject(metric)
        .get("score")
        .getAsDouble();
  }

  @Test
  void refusesWhatItDoesNotKnow() throws IOException {
    String tiny = "--layers=" + layers("tiny 1 1 1 1 1 1 1 1 1 0 0 1 1 1");
    for (String argument : List.of("--filter=nothing", "--epilogue=cubic", "--backend=gpu")) {
      assertThat(run(tiny, argument)).as(argument).isNotZero();
      assertThat(out.toString()).as("error of %s", argument).contains(argument.split("=", 2)[1]);
    }
  }

  private Path layers(String... lines) throws IOException {
    return Files.write(dir.resolve("layers.txt"), List.of(lines));
  }

  private int run(String... arguments) {
    PrintWriter writer = new PrintWriter(out, true);
    return new CommandLine(new BenchVerb())
        .setOut(writer)
        .setErr(writer)
        .execute(Stream.concat(Stream.of("kernels"), Stream.of(arguments)).toArray(String[]::new));
  }
}
