package dev.tilewright;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.onnx.StagedModels;
import dev.tilewright.plan.Plan;
import dev.tilewright.tensor.Shape;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FlightRecordingTest {
  private static final String RUN = "dev.tilewright.Run";
  private static final String LAYER = "dev.tilewright.Layer";
  private static final int RUNS = 3;

  @TempDir private Path folder;

  @Test
  void aRecordingThatAsksGetsRunsAndLayers() throws IOException {
    try (Model model = Model.of(StagedModels.heads());
        Session session = model.session(SessionOptions.defaults().threads(1))) {
      Execution execution = session.prepare(Map.of("x", Shape.of(8)));
      List<RecordedEvent> events = record(execution, RUN, LAYER);
      List<Plan> plans = execution.plans();
      int steps = plans.stream().mapToInt(plan -> plan.steps().size()).sum();

      List<RecordedEvent> runs = named(events, RUN);
      assertThat(runs).hasSize(RUNS);
      assertThat(runs)
          .allSatisfy(run -> {
            assertThat(run.getInt("stages")).isEqualTo(plans.size());
            assertThat(run.getInt("steps")).isEqualTo(steps);
            assertThat(run.getInt("threads")).isEqualTo(1);
            assertThat(run.getLong("macs")).isEqualTo(plans.stream().mapToLong(Plan::macs).sum());
            assertThat(run.getStackTrace()).isNull();
          });

      List<RecordedEvent> layers = named(events, LAYER);
      assertThat(layers).hasSize(RUNS * steps);
      int next = 0;
      for (RecordedEvent run : runs) {
        for (int stage = 0; stage < plans.size(); stage++) {
          for (int step = 0; step < plans.get(stage).steps().size(); step++) {
            RecordedEvent layer = layers.get(next++);
            Plan.Step of = plans.get(stage).steps().get(step);
            assertThat(layer.getInt("stage")).isEqualTo(stage + 1);
            assertThat(layer.getInt("step")).isEqualTo(step + 1);
            assertThat(layer.getString("name")).isEqualTo(of.layer());
            assertThat(layer.getString("op")).isEqualTo(of.op());
            assertThat(layer.getString("kernel")).isEqualTo(of.choice().algorithm());
            assertThat(layer.getString("tile")).isEqualTo(of.choice().tile());
            assertThat(layer.getString("key")).isEqualTo(of.key());
            assertThat(layer.getInt("threads")).isEqualTo(of.threads());
            assertThat(layer.getLong("macs")).isEqualTo(of.macs());
            assertThat(layer.getStartTime()).isBetween(run.getStartTime(), run.getEndTime());
            assertThat(layer.getDuration()).isLessThanOrEqualTo(run.getDuration());
          }
        }
      }
    }
  }

  @Test
  void othersGetNone() throws IOException {
    try (Model model = Model.of(StagedModels.heads());
        Session session = model.session(SessionOptions.defaults().threads(1))) {
      Execution execution = session.prepare(Map.of("x", Shape.of(8)));
      assertThat(record(execution)).isEmpty();
      assertThat(record(execution, RUN)).hasSize(RUNS);
      assertThat(FlightRecording.isOn()).isFalse();
    }
  }

  private List<RecordedEvent> record(Execution execution, String... events) throws IOException {
    Path file = folder.resolve(events.length + ".jfr");
    try (Recording recording = new Recording()) {
      Stream.of(events).forEach(recording::enable);
      recording.start();
      for (int i = 0; i < RUNS; i++) {
        execution.run();
      }
      recording.stop();
      recording.dump(file);
    }
    return RecordingFile.readAllEvents(file).stream()
        .filter(event -> event.getEventType().getName().startsWith("dev.tilewright."))
        .sorted((a, b) -> a.getStartTime().compareTo(b.getStartTime()))
        .toList();
  }

  private static List<RecordedEvent> named(List<RecordedEvent> events, String name) {
    return events.stream().filter(e -> e.getEventType().getName().equals(name)).toList();
  }

  @Test
  void runsWhereTheRuntimeImageHasNoFlightRecorder() throws IOException, InterruptedException {
    List<String> flags =
        List.of(
            "--limit-modules=java.base,java.logging,java.management,jdk.management,"
                + "jdk.incubator.vector,jdk.unsupported,java.desktop",
            "--add-modules=jdk.incubator.vector");
    ChildJvm.Result result = ChildJvm.run(Map.of(), flags, FlightRecordingTest.class, List.of());
    assertThat(result.output()).endsWith("ran, recorder: false");
    assertThat(result.code()).isZero();
  }

  public static void main(String[] args) {
    try (Model model = Model.of(StagedModels.heads());
        Session session = model.session(SessionOptions.defaults().threads(2))) {
      session.prepare(Map.of("x", Shape.of(8))).run();
      boolean recorder = ModuleLayer.boot().findModule("jdk.jfr").isPresent();
      System.out.println("ran, recorder: " + recorder);
    }
  }
}
