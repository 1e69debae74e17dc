package dev.tilewright.tuning;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.Model;
import dev.tilewright.SessionOptions;
import dev.tilewright.backend.Backends;
import dev.tilewright.cli.CommandRun;
import dev.tilewright.conv.Tile;
import dev.tilewright.database.CostFit;
import dev.tilewright.database.Machine;
import dev.tilewright.database.TuningFile;
import dev.tilewright.database.TuningRecord;
import dev.tilewright.database.TuningRecord.Status;
import dev.tilewright.database.TuningTable;
import dev.tilewright.graph.Graph;
import dev.tilewright.plan.Correction;
import dev.tilewright.plan.Planner;
import dev.tilewright.plan.Tunable;
import dev.tilewright.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tunings that are killed, and records that promise what the model does not keep. */
class TuneFaultsTest {
  private static final String FIXTURE = "/fixtures/network/dilated_context/dynamic_nhw/model.onnx";
  private static final Machine HERE = Backends.load().machine();

  /** Right, and many times slower than what the cost model takes. */
  private static final String SLOW = "native.direct_generic";

  private static final int KILLS = Integer.getInteger("tilewright.test.kills", 2);

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

  /**
   * Whoever is killed loses the line it was writing; the next goes on where it was, or begins again
   * when everything is known. System property {@code tilewright.test.kills}: how many times.
   */
  @Test
  void killedTuningsLeaveAFileToGoOnFrom() throws IOException, InterruptedException {
    long lost = 0;
    for (int kill = 0; kill < KILLS; kill++) {
      long before = choices();
      Process process = tuning();
      while (process.isAlive() && choices() == before) {
        Thread.sleep(5);
      }
      process.destroyForcibly().waitFor();
      assertThat(choices()).isGreaterThan(before);
      long ignored = file.read().ignored().values().stream().mapToInt(i -> i).sum();
      assertThat(ignored).isBetween(lost, lost + 1);
      lost = ignored;
    }
    long choices = choices();
    Process last = tuning();
    assertThat(last.waitFor()).isZero();
    assertThat(choices()).isGreaterThanOrEqualTo(choices);
    CommandRun verify = CommandRun.of("db", "verify", file.path().toString());
    assertThat(verify.out()).doesNotContain("not usable");
  }

  private Process tuning() throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                ProcessHandle.current().info().command().orElse("java"),
                "--add-modules=jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                "dev.tilewright.cli.Main",
                "tune",
                model.toString(),
                "--shape=1x4x16x16",
                "--backend=native",
                "--threads=1",
                "--again",
                "--budget=100s",
                "--db",
                file.path().toString()));
    return new ProcessBuilder(command)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  private long choices() throws IOException {
    return file.read().records().stream().filter(TuningRecord::isChoice).count();
  }

  /** What promised most is slow in the model: it is taken back until the model is not slower. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whatMakesTheModelSlowerIsTakenBack(boolean own) throws IOException {
    Machine like =
        new Machine(HERE.cpu(), HERE.isa(), HERE.caches(), 999, HERE.java(), HERE.kernels());
    SessionOptions session = new SessionOptions(1, "native");
    try (Model loaded = Model.load(model)) {
      Map<String, Shape> shapes = Map.of(loaded.inputs().getFirst().name(), Shape.of(1, 4, 96, 96));
      Graph graph = loaded.graph(shapes);
      List<String> problems =
          Tunable.layers(graph).stream()
              .flatMap(l -> l.problems().stream())
              .map(p -> p.work())
              .toList();
      file.append(problems.stream().map(p -> promise(own ? HERE : like, p)).toList());
      TuningTable before = TuningTable.of(List.of(file.read().records()), HERE);
      assertThat(problems).allSatisfy(p -> assertThat(before.kernel(p, "native")).isPresent());
      TuningReport.Whole whole =
          new Confirmation(loaded, shapes, graph, file, HERE, session).confirm(2);
      assertThat(whole.retracted()).isPositive();
      assertThat(whole.changed() == 0 || whole.speedup().low() >= 0.99).isTrue();
      TuningTable after = TuningTable.of(List.of(file.read().records()), HERE);
      long slow = problems.stream().filter(p -> after.kernel(p, "native").isPresent()).count();
      assertThat(slow).isLessThan(problems.size());
      assertThat(file.read().records())
          .filteredOn(r -> r.status() == Status.RETRACTED)
          .isNotEmpty()
          .allSatisfy(r -> assertThat(r.machine()).isEqualTo(HERE));
    }
  }

  /** A correction of the cost model changes plans as a record does, and no record tells of it. */
  @Test
  void aCorrectionThatMakesTheModelSlowerIsWithdrawn() throws IOException {
    SessionOptions session = new SessionOptions(1, "native");
    try (Model loaded = Model.load(model)) {
      Map<String, Shape> shapes = Map.of(loaded.inputs().getFirst().name(), Shape.of(1, 4, 96, 96));
      Graph graph = loaded.graph(shapes);
      // All algorithms but one are said to take many times what is estimated.
      file.append(
          Backends.load().usable("native").stream()
              .flatMap(backend -> backend.convolutions().stream())
              .map(a -> correction(a.id(), a.id().equals(SLOW) ? -20 : 20))
              .toList());
      TuningTable before = TuningTable.of(List.of(file.read().entries()), HERE);
      assertThat(slowLayers(graph, before)).isPositive();
      Confirmation confirmation = new Confirmation(loaded, shapes, graph, file, HERE, session);
      TuningReport.Whole whole = confirmation.confirm(2);
      assertThat(confirmation.withdrewFits()).isTrue();
      assertThat(whole.changed()).isZero();
      assertThat(slowLayers(graph, TuningTable.of(List.of(file.read().entries()), HERE))).isZero();
    }
  }

  private static CostFit correction(String algorithm, double log) {
    List<Double> weights =
        Stream.of(Correction.Term.values())
            .map(term -> term == Correction.Term.ALWAYS ? log : 0.0)
            .toList();
    return new CostFit(HERE, algorithm, null, 31, weights, 7);
  }

  private static long slowLayers(Graph graph, TuningTable table) {
    Planner.Means means = new Planner.Means(Backends.load().usable("native"), "native", 1, table);
    return Tunable.layers(graph).stream()
        .map(layer -> Tunable.choice(means, layer.problem()).algorithm().id())
        .filter(SLOW::equals)
        .count();
  }

  private static TuningRecord promise(Machine on, String problem) {
    return new TuningRecord(
        problem, "native", 1, on, Status.CHOSEN, SLOW, Tile.NONE, 1, 31, 10, 9, 11, 7);
  }
}
