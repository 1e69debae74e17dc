package dev.tilewright.tuning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.tilewright.Model;
import dev.tilewright.SessionOptions;
import dev.tilewright.cli.CommandRun;
import dev.tilewright.database.TuningFile;
import dev.tilewright.database.TuningRecord;
import dev.tilewright.database.TuningRecord.Status;
import dev.tilewright.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TuneVerbTest {
  private static final String FIXTURE = "/fixtures/network/dilated_context/dynamic_nhw/model.onnx";
  private static final String MOBILE = "/fixtures/network/ulsam_mobilenet/paper_g4/model.onnx";
  private static final Shape SHAPE = Shape.of(1, 4, 16, 16);

  @TempDir private Path dir = Path.of("");
  private Path model = dir;
  private TuningFile file = TuningFile.at(dir);

  @BeforeEach
  void writeModel() throws IOException {
    model = dir.resolve("model.onnx");
    file = TuningFile.at(dir.resolve("tuning.txt"));
    try (var in = getClass().getResourceAsStream(FIXTURE)) {
      Files.write(model, in.readAllBytes());
    }
  }

  private JsonObject tune(String... more) {
    String[] args = {
      "tune",
      model.toString(),
      "--shape=1x4x16x16",
      "--backend=native",
      "--budget=100s",
      "--json",
      "--db",
      file.path().toString()
    };
    String[] all = java.util.Arrays.copyOf(args, args.length + more.length);
    System.arraycopy(more, 0, all, args.length, more.length);
    CommandRun run = CommandRun.of(all);
    assertThat(run.err().lines())
        .hasSizeBetween(1, 11)
        .allSatisfy(line -> assertThat(line).startsWith("model.onnx"));
    assertThat(run.code()).isZero();
    JsonObject report = JsonParser.parseString(run.out()).getAsJsonObject();
    return report.getAsJsonArray("models").get(0).getAsJsonObject();
  }

  @Test
  void tunesAllLayersOnceAndPlansUseIt() throws IOException {
    JsonArray layers = tune("--threads=2").getAsJsonArray("layers");
    assertThat(layers).isNotEmpty();
    List<TuningRecord> records = file.read().records();
    assertThat(records).anyMatch(r -> r.status() == Status.CHOSEN && r.session() == 1);
    assertThat(records).anyMatch(r -> r.status() == Status.CHOSEN && r.session() == 2);
    assertThat(file.read().ignored()).isEmpty();
    CommandRun explain =
        CommandRun.of(
            "explain",
            model.toString(),
            "--shape=1x4x16x16",
            "--backend=native",
            "--db",
            file.path().toString());
    assertThat(explain.out()).contains("TUNED").contains("here");
    // Everything is known now.
    assertThat(tune("--threads=2").getAsJsonArray("layers")).isEmpty();
    assertThat(tune("--threads=1", "--again").getAsJsonArray("layers")).hasSameSizeAs(layers);
  }

  /** What is stopped after some layers goes on with the others. */
  @Test
  void aStoppedTuningLeavesAFileAndGoesOn() throws IOException {
    ModelTuner.Options options =
        new ModelTuner.Options(new SessionOptions(1, "native"), Level.MEASURE, 100, false);
    try (Model loaded = Model.load(model)) {
      Map<String, Shape> shapes = Map.of(loaded.inputs().getFirst().name(), SHAPE);
      int[] layers = new int[1];
      assertThatThrownBy(() ->
              ModelTuner.tune(
                  loaded,
                  shapes,
                  file,
                  options,
                  (done, all, left, gained) -> {
                    layers[0] = all;
                    if (done == 2) {
                      throw new IllegalStateException("stopped");
                    }
                  }))
          .hasMessage("stopped");
      assertThat(chosenProblems()).isEqualTo(2);
      assertThat(file.read().ignored()).isEmpty();
      TuningReport rest = ModelTuner.tune(loaded, shapes, file, options, (d, a, l, g) -> {});
      assertThat(rest.layers()).hasSize(layers[0] - 2);
      assertThat(chosenProblems()).isEqualTo(layers[0]);
    }
  }

  private long chosenProblems() throws IOException {
    return file.read().records().stream()
        .filter(r -> r.status() == Status.CHOSEN)
        .map(TuningRecord::problem)
        .distinct()
        .count();
  }

  @Test
  void refusesWhatItCannotDo() {
    CommandRun.of("tune", model.toString(), "--db=none").assertBadInput("give --db FILE");
    CommandRun.of("tune", model.toString(), "--budget=soon").assertBadInput("60s or 5m");
    assertThat(TuneVerb.seconds("90")).isEqualTo(90);
    assertThat(TuneVerb.seconds("1.5m")).isEqualTo(90);
    assertThat(TuneVerb.seconds("2h")).isEqualTo(7200);
  }

  /** Whether chains are fused is measured in the model, once, and plans do as the file says. */
  @Test
  void timesChainsInTheModel() throws IOException {
    Path mobile = dir.resolve("mobile.onnx");
    try (var in = getClass().getResourceAsStream(MOBILE)) {
      Files.write(mobile, in.readAllBytes());
    }
    SessionOptions session = new SessionOptions(2, "native");
    ModelTuner.Options options = new ModelTuner.Options(session, Level.MEASURE, 100, false);
    try (Model loaded = Model.load(mobile)) {
      Map<String, Shape> shapes = Map.of(loaded.inputs().getFirst().name(), Shape.of(1, 3, 32, 32));
      int chains = ModelTuner.tune(loaded, shapes, file, options, (d, a, l, g) -> {}).chains();
      assertThat(chains).isPositive();
      assertThat(file.read().records())
          .filteredOn(r -> r.algorithm().startsWith("chain.") && r.status() == Status.CHOSEN)
          .hasSizeGreaterThanOrEqualTo(chains)
          .allSatisfy(r -> assertThat(r.session()).isEqualTo(2));
      assertThat(ModelTuner.tune(loaded, shapes, file, options, (d, a, l, g) -> {}).chains())
          .isZero();
    }
  }

  /** Not on a terminal: plain lines, one for each tenth of the way. */
  @Test
  void showsHowFarItIs() {
    java.io.StringWriter text = new java.io.StringWriter();
    try (TuneProgress progress = new TuneProgress("m.onnx", new java.io.PrintWriter(text), false)) {
      for (int done = 0; done <= 40; done++) {
        progress.at(done, 40, 40 - done, 4_500);
      }
    }
    List<String> lines = text.toString().lines().toList();
    assertThat(lines).hasSize(11).allSatisfy(line -> assertThat(line).contains("m.onnx"));
    assertThat(lines.get(5)).contains("50%", "20/40", "20 s left, 4.5 us gained");
    assertThat(lines.getLast()).contains("100%", "comparing the whole model");
    assertThat(text.toString()).doesNotContain("\033", "\b");
  }
}
