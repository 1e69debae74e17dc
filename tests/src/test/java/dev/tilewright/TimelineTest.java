package dev.tilewright;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.Timeline.Slice;
import dev.tilewright.Timeline.Span;
import dev.tilewright.onnx.StagedModels;
import dev.tilewright.plan.Plan;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TimelineTest {
  @Test
  void everyPartOfEveryStepIsSeenOnceWithinItsStep() {
    for (int threads : new int[] {1, 3}) {
      for (KnownModels.Known known : KnownModels.ofTheClassPath()) {
        try (Model model = Model.of(known.bytes());
            Session session = model.session(SessionOptions.defaults().threads(threads))) {
          Timeline timeline = session.prepare(known.shapes(model)).runTimed();
          assertThat(timeline.stages()).hasSize(1);
          check(timeline, threads);
        }
      }
    }
  }

  private static void check(Timeline timeline, int threads) {
    long before = 0;
    for (Timeline.Stage stage : timeline.stages()) {
      List<Plan.Step> steps = stage.plan().steps();
      assertThat(stage.steps()).hasSameSizeAs(steps);
      for (int step = 0; step < steps.size(); step++) {
        Span span = stage.steps().get(step);
        assertThat(span.begin()).isGreaterThanOrEqualTo(before);
        assertThat(span.end()).isGreaterThanOrEqualTo(span.begin());
        before = span.end();
        checkSlices(stage, step, threads);
      }
    }
    assertThat(timeline.nanos()).isGreaterThanOrEqualTo(before);
  }

  /** A step that packs weights first has two tasks, whose parts both begin at 0. */
  private static void checkSlices(Timeline.Stage stage, int step, int threads) {
    Span span = stage.steps().get(step);
    List<Slice> slices = stage.slices().stream().filter(s -> s.step() == step).toList();
    assertThat(slices).isNotEmpty();
    assertThat(slices)
        .allSatisfy(slice -> {
          assertThat(slice.thread()).isBetween(0, threads - 1);
          assertThat(slice.to()).isGreaterThan(slice.from());
          assertThat(slice.span().begin()).isGreaterThanOrEqualTo(span.begin());
          assertThat(slice.span().end()).isLessThanOrEqualTo(span.end());
        });
    if (stage.plan().steps().get(step).kernel().packedBytes() == 0) {
      int end = slices.stream().mapToInt(Slice::to).max().orElseThrow();
      int[] seen = new int[end];
      slices.forEach(slice -> {
        for (int part = slice.from(); part < slice.to(); part++) {
          seen[part]++;
        }
      });
      assertThat(seen).containsOnly(1);
    }
  }

  @Test
  void aTimedRunComputesTheSame() {
    KnownModels.Known known = KnownModels.ofTheClassPath().getFirst();
    try (Model model = Model.of(known.bytes());
        Session session = model.session(SessionOptions.defaults().threads(2))) {
      Execution execution = session.prepare(known.shapes(model));
      String output = model.outputs().getFirst();
      execution.run();
      float[] plain = execution.output(output).toFloats();
      execution.output(output).data().fill((byte) 0x7f);
      execution.runTimed();
      assertThat(execution.output(output).toFloats()).isEqualTo(plain);
    }
  }

  @Test
  void allStagesAreTimed() {
    Map<String, Shape> eight = Map.of("x", Shape.of(8));
    try (Model model = Model.of(StagedModels.heads());
        Session session = model.session(SessionOptions.defaults().threads(2))) {
      Execution execution = session.prepare(eight);
      execution
          .input("x")
          .data()
          .copyFrom(Tensor.of(Shape.of(8), 1f, -1f, 1f, -1f, 1f, -1f, 1f, -1f).data());
      Timeline timeline = execution.runTimed();
      assertThat(timeline.stages()).hasSize(2);
      assertThat(timeline.stages().stream().map(Timeline.Stage::plan).toList())
          .isEqualTo(execution.plans());
      check(timeline, 2);
    }
  }
}
