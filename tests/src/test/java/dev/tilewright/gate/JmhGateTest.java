package dev.tilewright.gate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.tilewright.cli.CommandRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Random;
import java.util.StringJoiner;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JmhGateTest {
  private static final String HOSTILE = "<img src=x onerror=alert(1)>|\\u001b[31m";

  @TempDir private Path dir = Path.of("");

  @ParameterizedTest
  @CsvSource({
    "avgt, ns/op, 1.2, 10, REGRESSION",
    "avgt, ns/op, 0.8, 11, IMPROVEMENT",
    "avgt, ns/op, 1.0, 0, PASS",
    "thrpt, ops/ms, 0.8, 10, REGRESSION",
    "thrpt, ops/ms, 1.2, 11, IMPROVEMENT",
  })
  void judgesTimesAndRates(String mode, String unit, double factor, int code, String verdict)
      throws IOException {
    Random random = new Random(1);
    Path before = write("before.json", result("a.B.c", mode, unit, 100, random));
    Path after = write("after.json", result("a.B.c", mode, unit, 100 * factor, random));
    CommandRun run = CommandRun.of("gate", "--jmh", before.toString(), after.toString());
    assertThat(run.err()).isEmpty();
    assertThat(run.out()).contains(verdict).contains("a.B.c").contains("size=1");
    assertThat(run.code()).isEqualTo(code);
  }

  @Test
  void writesReportsThatTrustNoText() throws IOException {
    Random random = new Random(1);
    Path before = write("before.json", result(HOSTILE, "avgt", "ns/op", 100, random));
    Path after = write("after.json", result(HOSTILE, "avgt", "ns/op", 150, random));
    Path html = dir.resolve("gate.html");
    Path markdown = dir.resolve("gate.md");
    Path json = dir.resolve("gate.json");
    CommandRun run =
        CommandRun.of(
            "gate",
            "--jmh",
            before.toString(),
            after.toString(),
            "--html=" + html,
            "--md=" + markdown,
            "--json=" + json,
            "--fail-on=INCONCLUSIVE");
    assertThat(run.code()).as("a regression, which is not to fail").isZero();
    assertThat(run.out()).contains("REGRESSION").doesNotContain("\u001b");
    assertThat(Files.readString(html))
        .contains("REGRESSION", "&lt;img src=x", "+5")
        .doesNotContain("<img", "http://", "https://", "<script");
    assertThat(Files.readString(markdown)).contains("**REGRESSION**").doesNotContain("<img");
    JsonObject report = JsonParser.parseString(Files.readString(json)).getAsJsonObject();
    assertThat(report.get("exitCode").getAsInt()).isEqualTo(10);
    JsonObject row = report.getAsJsonArray("benchmarks").get(0).getAsJsonObject();
    assertThat(row.getAsJsonArray("candidate")).hasSize(5);
    assertThat(row.get("low").getAsDouble()).isBetween(0.4, 0.5);
  }

  @Test
  void saysWhatIsMissingOnOneSide() throws IOException {
    Random random = new Random(1);
    String kept = result("kept", "avgt", "ns/op", 100, random);
    Path before = write("before.json", kept, result("gone", "avgt", "ns/op", 1, random));
    Path after = write("after.json", kept, result("new", "avgt", "ns/op", 1, random));
    CommandRun run = CommandRun.of("gate", "--jmh", before.toString(), after.toString());
    assertThat(run.out())
        .contains("gone{size=1} avgt: is gone")
        .contains("new{size=1} avgt: is new");
    assertThat(run.code()).isEqualTo(12);
    CommandRun filtered =
        CommandRun.of("gate", "--benchmarks=kept", "--jmh", before.toString(), after.toString());
    assertThat(filtered.code()).isZero();
    CommandRun.of("gate", "--benchmarks=none", "--jmh", before.toString(), after.toString())
        .assertBadInput("no benchmark is called anything like none");
  }

  @Test
  void takesTheMedianOfSampledTimes() {
    String text =
        """
        [{"benchmark": "b", "mode": "sample", "primaryMetric": {"scoreUnit": "us/op",
          "rawDataHistogram": [[[[1.0, 2], [9.0, 1]], [[3.0, 1]]], [[[5.0, 1]]]]}}]
        """;
    JmhFile.Result result = JmhFile.parse("f", text).results().get("b sample");
    assertThat(result.forks()).containsExactly(2.0, 5.0);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "{}",
        "[]",
        "[1]",
        "[{}]",
        "[{\"benchmark\": []}]",
        "[{\"benchmark\": \"b\", \"mode\": \"avgt\"}]",
        "[{\"benchmark\": \"b\", \"mode\": \"avgt\", \"primaryMetric\": {\"scoreUnit\":"
            + " \"us/op\"}}]",
        "[{\"benchmark\": \"b\", \"mode\": \"avgt\", \"primaryMetric\": {\"scoreUnit\": \"us/op\","
            + " \"rawData\": [[\"NaN\"]]}}]",
        "[{\"benchmark\": \"b\", \"mode\": \"avgt\", \"primaryMetric\": {\"scoreUnit\": \"us/op\","
            + " \"rawData\": [[\"x\"]]}}]",
        "[{\"benchmark\": \"b\", \"mode\": \"thrpt\", \"primaryMetric\": {\"scoreUnit\": \"us/op\","
            + " \"rawData\": [[1]]}}]",
        "[{\"benchmark\": \"b\", \"mode\": \"avgt\", \"params\": [], \"primaryMetric\":"
            + " {\"scoreUnit\": \"us/op\", \"rawData\": [[1]]}}]",
        "[{\"benchmark\": \"b\", \"mode\": \"avgt\", \"primaryMetric\": {\"scoreUnit\": \"us/op\","
            + " \"rawData\": []}}]",
      })
  void refusesWhatJmhDoesNotWrite(String text) {
    assertThatThrownBy(() -> JmhFile.parse("some.json", text))
        .isInstanceOf(JmhFile.NotJmhException.class)
        .hasMessageContaining("some.json does not hold results of JMH");
  }

  @Test
  void refusesDeepNesting() {
    assertThatThrownBy(() -> JmhFile.parse("deep.json", "[".repeat(1_000_000)))
        .isInstanceOf(JmhFile.NotJmhException.class);
  }

  @Test
  void tellsTheUserOnOneLine() throws IOException {
    Path file = write("bad.json");
    CommandRun.of("gate", "--jmh", file.toString(), file.toString()).assertBadInput("it is empty");
    CommandRun.of("gate", "--jmh", dir.resolve("absent").toString(), file.toString())
        .assertBadInput("no such file");
    CommandRun.of("gate").assertBadInput("nothing to compare");
  }

  private Path write(String name, String... results) throws IOException {
    return Files.writeString(dir.resolve(name), "[" + String.join(",", results) + "]");
  }

  /** Five forks of four iterations, 1 % noise. */
  private static String result(String name, String mode, String unit, double score, Random random) {
    StringJoiner forks = new StringJoiner(",", "[", "]");
    for (int fork = 0; fork < 5; fork++) {
      StringJoiner iterations = new StringJoiner(",", "[", "]");
      double luck = 1 + 0.005 * random.nextGaussian();
      for (int i = 0; i < 4; i++) {
        double value = score * luck * (1 + 0.01 * random.nextGaussian());
        iterations.add(String.format(Locale.ROOT, "%.6f", value));
      }
      forks.add(iterations.toString());
    }
    return String.format(
        Locale.ROOT,
        """
        {"jmhVersion": "1.37", "benchmark": "%s", "mode": "%s", "threads": 1, "forks": 5,
         "params": {"size": "1"},
         "primaryMetric": {"score": %f, "scoreError": "NaN", "scoreUnit": "%s", "rawData": %s},
         "secondaryMetrics": {}}
        """,
        name,
        mode,
        score,
        unit,
        forks);
  }
}
