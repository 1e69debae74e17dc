package dev.tilewright.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.tilewright.cli.CommandRun;
import dev.tilewright.onnx.StagedModels;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProfileVerbTest {
  @TempDir private Path folder;

  private Path model() throws IOException {
    return Files.write(folder.resolve("heads.onnx"), StagedModels.heads());
  }

  /** With noise as its input the first stage finds something, so there is a second. */
  @Test
  void profilesEveryStageAndWritesWhatItIsAskedFor() throws IOException {
    Path html = folder.resolve("p.html");
    Path trace = folder.resolve("t.json");
    Path json = folder.resolve("p.json");
    CommandRun run =
        CommandRun.of(
            "profile",
            model().toString(),
            "--shape=x=8",
            "--threads=2",
            "--runs=7",
            "--db=none",
            "--html=" + html,
            "--trace=" + trace,
            "--json=" + json);
    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isZero();
    JsonObject report = JsonParser.parseString(Files.readString(json)).getAsJsonObject();
    List<JsonObject> layers =
        report.getAsJsonArray("layers").asList().stream()
            .map(JsonElement::getAsJsonObject)
            .toList();
    assertThat(layers).extracting(l -> l.get("stage").getAsInt()).contains(1, 2);
    assertThat(layers.stream().mapToDouble(l -> l.get("percentOfTime").getAsDouble()).sum())
        .isCloseTo(100, within(1e-6));
    assertThat(layers)
        .allSatisfy(layer -> {
          assertThat(layer.get("us").getAsDouble()).isPositive();
          assertThat(layer.get("us").getAsDouble())
              .isBetween(layer.get("lowUs").getAsDouble(), layer.get("highUs").getAsDouble());
          assertThat(layer.get("boundUs").getAsDouble()).isNotNegative();
        });
    assertThat(report.get("peakGflops").getAsDouble()).isPositive();
    assertThat(report.getAsJsonArray("percentBusy")).hasSize(2);
    assertThat(run.out()).contains("% bound", "of the FMA peak", "2.1 ", "cost model");
    assertThat(Files.readString(html)).startsWith("<!DOCTYPE html>").contains("heads.onnx");
    assertThat(JsonParser.parseString(Files.readString(trace)).isJsonObject()).isTrue();
  }

  @Test
  void aTraceHasATrackForEachThreadAndEverySlice() throws IOException {
    Profile profile = ProfileCase.of(ProfileCase.HOSTILE);
    StringWriter text = new StringWriter();
    ChromeTrace.write(profile, text);
    List<JsonObject> events =
        JsonParser.parseString(text.toString())
            .getAsJsonObject()
            .getAsJsonArray("traceEvents")
            .asList()
            .stream()
            .map(JsonElement::getAsJsonObject)
            .toList();
    List<JsonObject> tracks = phase(events, "M");
    assertThat(tracks)
        .extracting(e -> e.get("name").getAsString())
        .containsOnlyOnce("process_name");
    assertThat(tracks).hasSize(1 + 1 + profile.roofline().threads());
    List<JsonObject> slices = phase(events, "X");
    int computed = profile.typical().stages().stream().mapToInt(s -> s.slices().size()).sum();
    assertThat(slices).hasSize(profile.layers().size() + computed);
    assertThat(slices)
        .allSatisfy(slice -> {
          assertThat(slice.get("tid").getAsInt()).isBetween(0, profile.roofline().threads());
          double begin = slice.get("ts").getAsDouble();
          double end = begin + slice.get("dur").getAsDouble();
          assertThat(begin).isNotNegative();
          assertThat(end).isLessThanOrEqualTo(profile.typical().nanos() / 1e3 + 1e-6);
        });
  }

  private static List<JsonObject> phase(List<JsonObject> events, String phase) {
    return events.stream().filter(e -> e.get("ph").getAsString().equals(phase)).toList();
  }

  @Test
  void refusesBeforeItMeasures() throws IOException {
    String model = model().toString();
    CommandRun.of("profile", model, "--runs=0").assertBadInput("at least 1");
    CommandRun.of("profile", model, "--html=" + folder.resolve("no/where.html"))
        .assertBadInput("no such file");
  }
}
