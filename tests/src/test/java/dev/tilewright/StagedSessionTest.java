package dev.tilewright;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tilewright.onnx.StagedModels;
import dev.tilewright.onnx.UnsupportedModelException;
import dev.tilewright.plan.Plan;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** Sessions of models whose shapes depend on data. Values: StagedModelsAgreeWithPeerTest. */
class StagedSessionTest {
  private static final SessionOptions ONE = SessionOptions.defaults().threads(1);
  private static final Map<String, Shape> EIGHT = Map.of("x", Shape.of(8));

  @Test
  void outputsHaveTheShapesThatCameOut() {
    try (Model model = Model.of(StagedModels.heads());
        Session session = model.session(ONE)) {
      Execution execution = session.prepare(EIGHT);
      assertThatThrownBy(() -> execution.output("p"))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("run first");
      for (int positive : new int[] {3, 8, 0, 3}) {
        execution.input("x").data().copyFrom(signs(positive, 1).data());
        execution.run();
        assertThat(execution.output("p").shape()).isEqualTo(Shape.of(positive, 5));
        assertThat(execution.output("scores").shape()).isEqualTo(Shape.of(positive));
      }
      assertThatThrownBy(() -> execution.output("q")).hasMessageContaining("[p, scores]");
    }
  }

  @Test
  void saysWhichNodesWait() {
    try (Model model = Model.of(StagedModels.heads())) {
      assertThat(model.waiting(EIGHT, ONE).getFirst()).contains("NonZero");
      assertThat(model.waiting(EIGHT, ONE)).anyMatch(node -> node.contains("Conv"));
    }
  }

  @Test
  void theSameShapesArePlannedOnce() {
    try (Model model = Model.of(StagedModels.heads());
        Session session = model.session(ONE)) {
      Execution execution = session.prepare(EIGHT);
      List<Plan> first = plans(execution, signs(3, 1));
      List<Plan> other = plans(execution, signs(5, 2));
      List<Plan> again = plans(execution, signs(3, 3));
      assertThat(first).hasSize(2);
      assertThat(again.get(1)).isSameAs(first.get(1));
      assertThat(other.get(1)).isNotSameAs(first.get(1));
    }
  }

  private static List<Plan> plans(Execution execution, Tensor x) {
    execution.input("x").data().copyFrom(x.data());
    execution.run();
    return execution.plans();
  }

  @Test
  void weightsArePackedOnceWhateverComesOut() {
    try (Model model = Model.of(StagedModels.heads());
        Session session = model.session(ONE)) {
      Execution execution = session.prepare(EIGHT);
      long packed = plans(execution, signs(3, 1)).getLast().packedBytes();
      assertThat(packed).isPositive();
      for (int positive = 0; positive <= 8; positive++) {
        plans(execution, signs(positive, positive));
      }
      assertThat(plans(execution, signs(4, 1)).getLast().packedBytes()).isEqualTo(packed);
    }
  }

  @Test
  void plansAndMemoryOfOldShapesAreDropped() {
    try (Model model = Model.of(StagedModels.grow());
        Session session = model.session(ONE)) {
      for (long rows = 1; rows <= 300; rows++) {
        Map<String, Tensor> in = Map.of("n", Tensor.of(Shape.of(1), rows));
        assertThat(session.run(in).values().iterator().next().shape())
            .isEqualTo(Shape.of((int) rows));
      }
      assertThat(model.plannedStages()).isEqualTo(128);
    }
  }

  /** All parts of the weight together have 11 MB; 4 MB may be kept, and 8 times the weight. */
  @Test
  void constantsThatDataChooseAreNotKeptForEver() {
    try (Model model = Model.of(StagedModels.part());
        Session session = model.session(ONE)) {
      for (long rows = 1; rows <= 300; rows++) {
        Tensor part = session.run(Map.of("n", Tensor.of(Shape.of(1), rows))).get("y");
        assertThat(part.shape()).isEqualTo(Shape.of((int) rows, 64));
        assertThat(part.toFloats()[(int) rows * 64 - 1])
            .isEqualTo((float) ((rows * 64 - 1) % 7 - 3));
      }
      long weight = 300 * 64 * 4;
      assertThat(model.keptBytes())
          .isGreaterThan(8 * weight)
          .isLessThanOrEqualTo((4 << 20) + 9 * weight);
    }
  }

  /** Each of the two stages takes 512 bytes a row, and a little. */
  @Test
  void allStagesTogetherAreWithinTheLimit() {
    long most = 750 * 2048;
    LoadOptions options = LoadOptions.defaults().sessionBytes(most);
    try (Model model = Model.of(StagedModels.twice(), options);
        Session session = model.session(ONE)) {
      assertThatThrownBy(() -> session.run(rows(2048)))
          .isInstanceOf(UnsupportedModelException.class)
          .hasMessageContaining("allowed are " + most);
      assertThat(session.run(rows(1024)).get("second").shape()).isEqualTo(Shape.of(1024, 128));
    }
  }

  @Test
  void memoryOfEarlierRunsMakesRoom() {
    LoadOptions options = LoadOptions.defaults().sessionBytes(1200 * 2048);
    try (Model model = Model.of(StagedModels.twice(), options);
        Session session = model.session(ONE)) {
      for (int rows = 2048; rows > 2044; rows--) {
        assertThat(session.run(rows(rows)).get("second").shape()).isEqualTo(Shape.of(rows, 128));
      }
    }
  }

  private static Map<String, Tensor> rows(long rows) {
    float[] ones = new float[128];
    Arrays.fill(ones, 1);
    return Map.of("x", Tensor.of(Shape.of(128), ones), "n", Tensor.of(Shape.of(2), rows, 128L));
  }

  @Test
  void twoSessionsRunAtTheSameTime() throws Exception {
    try (Model model = Model.of(StagedModels.heads());
        ExecutorService threads = Executors.newFixedThreadPool(2)) {
      List<Callable<List<float[]>>> tasks = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        tasks.add(() -> scores(model));
      }
      List<float[]> want = scores(model);
      for (Future<List<float[]>> results : threads.invokeAll(tasks)) {
        for (int i = 0; i < want.size(); i++) {
          assertThat(results.get().get(i)).isEqualTo(want.get(i));
        }
      }
    }
  }

  private static List<float[]> scores(Model model) {
    List<float[]> scores = new ArrayList<>();
    try (Session session = model.session(ONE.threads(2))) {
      for (int i = 0; i < 20; i++) {
        Map<String, Tensor> results = session.run(Map.of("x", signs(i % 9, i)));
        scores.add(results.values().iterator().next().toFloats());
      }
    }
    return scores;
  }

  @Test
  void loopsWithoutAnEndAreRefused() {
    try (Model model = Model.of(StagedModels.endless())) {
      assertThatThrownBy(() -> model.plan(Map.of("x", Shape.of(6)), ONE))
          .isInstanceOf(UnsupportedModelException.class)
          .hasMessageContaining("Loop");
    }
  }

  @Test
  void loopsThatNeverComeToAnEndAreStopped() {
    try (Model model = Model.of(StagedModels.whileLoop());
        Session session = model.session(ONE)) {
      assertThatThrownBy(() -> session.run(Map.of("x", Tensor.of(Shape.of(3), 0f, 0f, 0f))))
          .isInstanceOf(UnsupportedModelException.class)
          .hasMessageContaining("stages");
      // and the session is still usable
      assertThat(session.run(Map.of("x", Tensor.of(Shape.of(3), 9f, 9f, 9f)))).hasSize(1);
    }
  }

  @Test
  void operatorsInBranchesAreListedToo() {
    assertThatThrownBy(() -> Model.of(StagedModels.unsupportedBranch()))
        .isInstanceOf(UnsupportedModelException.class)
        .hasMessageContaining("Frobnicate");
  }

  /** Eight numbers, of which the first ones are positive. */
  private static Tensor signs(int positive, long seed) {
    Random random = new Random(seed);
    float[] values = new float[8];
    for (int i = 0; i < 8; i++) {
      values[i] = (i < positive ? 1 : -1) * (0.1f + random.nextFloat());
    }
    return Tensor.of(Shape.of(8), values);
  }
}
