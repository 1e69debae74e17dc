package dev.tilewright.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.tilewright.cli.BadInputException;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class CompareVerbTest {
  @Test
  void comparesAndAgrees() throws URISyntaxException {
    StringWriter out = new StringWriter();
    int exit =
        new CommandLine(new CompareVerb())
            .setOut(new PrintWriter(out))
            .execute(
                model(),
                "--shape=x=1x4x16x16",
                "--threads=2",
                "--runs=20",
                "--warmup=0.2",
                "--json");
    assertThat(exit).isZero();
    JsonObject report = JsonParser.parseString(out.toString()).getAsJsonObject();
    JsonObject comparison = report.getAsJsonArray("comparisons").get(0).getAsJsonObject();
    assertThat(comparison.getAsJsonObject("agreement").get("agrees").getAsBoolean()).isTrue();
    assertThat(comparison.get("oursMillis").getAsDouble()).isPositive();
    assertThat(comparison.get("ortMillis").getAsDouble()).isPositive();
    assertThat(comparison.get("peakGflops").getAsDouble()).isPositive();
    assertThat(comparison.getAsJsonArray("rounds")).isNotEmpty();
    assertThat(report.getAsJsonObject("environment").get("jdk").getAsString()).contains("25");
  }

  @Test
  void refusesNamesThatTheModelDoesNotHave() throws URISyntaxException {
    for (String option : List.of("--shape=y=1x4x16x16", "--input=y=values.bin")) {
      int exit =
          new CommandLine(new CompareVerb())
              .setExecutionExceptionHandler((failure, line, parsed) -> {
                assertThat(failure)
                    .isInstanceOf(BadInputException.class)
                    .hasMessageContaining("no input 'y'")
                    .hasMessageContaining("x:float32");
                return 2;
              })
              .execute(model(), option, "--runs=1", "--warmup=0");
      assertThat(exit).as(option).isEqualTo(2);
    }
  }

  private static String model() throws URISyntaxException {
    URL model =
        CompareVerbTest.class.getResource(
            "/fixtures/network/dilated_context/dynamic_nhw/model.onnx");
    return Path.of(Objects.requireNonNull(model).toURI()).toString();
  }

  @Test
  void noticesDisagreement() {
    Tensor ours = Tensor.of(Shape.of(3), 1f, 100f, -1f);
    assertThat(agrees(ours, Tensor.of(Shape.of(3), 1.05f, 100f, -1f))).isTrue();
    assertThat(agrees(ours, Tensor.of(Shape.of(3), 1.2f, 100f, -1f))).isFalse();
    assertThat(agrees(ours, Tensor.of(Shape.of(3), Float.NaN, 100f, -1f))).isFalse();
    assertThat(agrees(ours, Tensor.of(Shape.of(1, 3), 1f, 100f, -1f))).isFalse();
    assertThat(Agreement.of(Map.of("y", ours), Map.of("z", ours)).agrees()).isFalse();
  }

  private static boolean agrees(Tensor ours, Tensor theirs) {
    return Agreement.of(Map.of("y", ours), Map.of("y", theirs)).agrees();
  }
}
