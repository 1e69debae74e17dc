package dev.tilewright;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import dev.tilewright.onnx.SampleModels;
import dev.tilewright.onnx.UnsupportedModelException;
import dev.tilewright.plan.Plan;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the public interface promises, on a small network of pictures of any size. */
class SessionTest {
  private static final SessionOptions ONE = SessionOptions.defaults().threads(1);

  @Test
  void runsAndAgreesWithTheReferenceBackend() {
    try (Model model = network();
        Session session = model.session(ONE);
        Session reference = model.session(ONE.backend("reference"))) {
      Map<String, Tensor> in = Map.of("image", picture(20, 24));
      float[] got = scores(session.run(in));
      float[] want = scores(reference.run(in));
      assertThat(got).hasSize(10);
      for (int i = 0; i < got.length; i++) {
        assertThat(got[i]).isCloseTo(want[i], within(want[i]));
      }
    }
  }

  @Test
  void readsAndWritesTheSessionsOwnMemory() {
    try (Model model = network();
        Session session = model.session(ONE)) {
      Tensor picture = picture(20, 24);
      float[] want = scores(session.run(Map.of("image", picture)));
      Execution execution = session.prepare(Map.of("image", picture.shape()));
      execution.input("image").data().copyFrom(picture.data());
      execution.run();
      assertThat(execution.output("scores").toFloats()).isEqualTo(want);
      execution.run(); // the input is still there
      assertThat(execution.output("scores").toFloats()).isEqualTo(want);
      assertThatThrownBy(() -> execution.input("picture")).hasMessageContaining("[image]");
    }
  }

  @Test
  void weightsMayBeOthersInEveryRun() {
    for (int threads = 1; threads <= 2; threads++) {
      try (Model model = Model.of(SampleModels.convolutionOfInputs());
          Session session = model.session(ONE.threads(threads));
          Session reference = model.session(ONE.backend("reference"))) {
        for (int seed = 0; seed < 4; seed++) {
          Map<String, Tensor> in =
              Map.of(
                  "image", random(seed, 1, 16, 12, 12),
                  "filter", random(10 + seed, 32, 16, 3, 3),
                  "bias", random(20 + seed, 32));
          float[] got = session.run(in).get("y").toFloats();
          float[] want = reference.run(in).get("y").toFloats();
          for (int i = 0; i < got.length; i++) {
            // 145 terms of products of N(0, 1).
            assertThat(got[i])
                .isCloseTo(want[i], org.assertj.core.data.Offset.offset(8 * 0x1p-24f * 145));
          }
        }
      }
    }
  }

  private static Tensor random(long seed, Integer... dims) {
    Random random = new Random(seed);
    float[] values = new float[(int) Shape.of(dims).elements()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return Tensor.of(Shape.of(dims), values);
  }

  @Test
  void resultsAreTheSameBitsForAnyNumberOfThreads() {
    try (Model model = network()) {
      Map<String, Tensor> in = Map.of("image", picture(64, 64));
      List<float[]> results = new ArrayList<>();
      for (int threads = 1; threads <= 4; threads++) {
        try (Session session = model.session(ONE.threads(threads))) {
          results.add(scores(session.run(in)));
        }
      }
      assertThat(results).allSatisfy(r -> assertThat(r).isEqualTo(results.getFirst()));
    }
  }

  @Test
  void otherPictureSizesPackNothingAgain() {
    try (Model model = network()) {
      Plan first = model.plan(Map.of("image", Shape.of(1, 3, 32, 32)), ONE);
      Plan second = model.plan(Map.of("image", Shape.of(1, 3, 48, 32)), ONE);
      assertThat(first.packedBytes()).isPositive();
      assertThat(second.packedBytes()).isEqualTo(first.packedBytes());
      assertThat(model.plan(Map.of("image", Shape.of(1, 3, 32, 32)), ONE)).isSameAs(first);
    }
  }

  @Test
  void batchNormalisationResidualAndActivationRunInsideTheConvolutions() {
    try (Model model = network()) {
      Plan plan = model.plan(Map.of("image", Shape.of(1, 3, 32, 32)), ONE);
      assertThat(plan.steps().stream().map(Plan.Step::op))
          .containsExactly("Transpose", "Conv", "Conv", "Conv", "Reduce", "Conv");
      assertThat(plan.steps().get(1).key()).contains("_bias_relu");
      assertThat(plan.steps().get(2).key()).contains("_bias_relu");
      assertThat(plan.steps().get(3).key()).contains("_residual");
    }
  }

  @Test
  void aWarmRunAllocatesNothing() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    try (Model model = network();
        Session session = model.session(ONE)) {
      Execution execution = session.prepare(Map.of("image", Shape.of(1, 3, 32, 32)));
      long allocated = 1;
      for (int round = 0; allocated > 0 && round < 200; round++) {
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < 50; i++) {
          execution.run();
        }
        allocated = threads.getCurrentThreadAllocatedBytes() - before;
      }
      assertThat(allocated).isZero();
    }
  }

  @Test
  void wrongInputsAreNamed() {
    try (Model model = network();
        Session session = model.session(ONE)) {
      assertThatThrownBy(() -> session.run(Map.of()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("image");
      assertThatThrownBy(() -> session.run(Map.of("photo", picture(8, 8))))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("photo");
      assertThatThrownBy(
              () -> session.run(Map.of("image", Tensor.of(Shape.of(1, 4, 8, 8), new float[256]))))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("image");
      assertThatThrownBy(
              () -> session.run(Map.of("image", Tensor.of(Shape.of(1, 3, 8, 8), new long[192]))))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("int64");
    }
  }

  @Test
  void anUnknownBackendIsRefusedBeforeTheFirstRun() {
    try (Model model = network()) {
      assertThatThrownBy(() -> model.session(ONE.backend("gpu")))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("gpu")
          .hasMessageContaining("vector");
    }
  }

  @Test
  void closedAndDroppedMemoryIsAnErrorNotACrash() {
    Model model = network();
    Session session = model.session(ONE);
    Execution execution = session.prepare(Map.of("image", Shape.of(1, 3, 8, 8)));
    assertThatThrownBy(model::close).hasMessageContaining("session");
    for (int size = 9; size < 20; size++) {
      session.prepare(Map.of("image", Shape.of(1, 3, size, 8)));
    }
    assertThatThrownBy(execution::run).hasMessageContaining("prepare it again");
    session.close();
    session.close();
    assertThatThrownBy(() -> session.run(Map.of("image", picture(8, 8))))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
    model.close();
    model.close();
    Map<String, Shape> shapes = Map.of("image", Shape.of(1, 3, 8, 8));
    List<ThrowingCallable> uses =
        List.of(
            () -> model.session(ONE),
            () -> model.plan(shapes, ONE),
            () -> model.waiting(shapes, ONE),
            () -> model.graph(shapes));
    for (ThrowingCallable use : uses) {
      assertThatThrownBy(use)
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("the model is closed");
    }
  }

  /** Whoever comes second gets an error; nobody reads freed memory. */
  @Test
  void closingAModelInUseIsAnErrorNotACrash() throws Exception {
    Tensor picture = picture(8, 8);
    try (ExecutorService pool = Executors.newSingleThreadExecutor()) {
      for (int round = 0; round < 20; round++) {
        Model model = network();
        CountDownLatch begun = new CountDownLatch(1);
        Future<String> user =
            pool.submit(() -> {
              try {
                for (int i = 0; ; i++) {
                  model.graph(Map.of("image", Shape.of(1, 3, 8, 8 + i % 5)));
                  LockSupport.parkNanos(20_000);
                  try (Session session = model.session(ONE)) {
                    session.run(Map.of("image", picture));
                  }
                  begun.countDown();
                  LockSupport.parkNanos(20_000);
                }
              } catch (IllegalStateException e) {
                return e.getMessage();
              }
            });
        begun.await();
        while (true) {
          try {
            model.close();
            break;
          } catch (IllegalStateException e) {
            assertThat(e).hasMessage("close the model's sessions first");
          }
        }
        assertThat(user.get()).isEqualTo("the model is closed");
      }
    }
  }

  @Test
  void aSessionIsNotSharedButAModelIs() throws Exception {
    try (Model model = network();
        ExecutorService pool = Executors.newFixedThreadPool(4)) {
      Tensor picture = picture(40, 40);
      float[] want;
      try (Session session = model.session(ONE)) {
        want = scores(session.run(Map.of("image", picture)));
      }
      CountDownLatch start = new CountDownLatch(4);
      Callable<Void> work =
          () -> {
            start.countDown();
            start.await();
            try (Session session = model.session(ONE.threads(2))) {
              for (int i = 0; i < 20; i++) {
                assertThat(scores(session.run(Map.of("image", picture)))).isEqualTo(want);
              }
            }
            return null;
          };
      for (Future<Void> done : pool.invokeAll(List.of(work, work, work, work))) {
        done.get();
      }
      try (Session session = model.session(ONE)) {
        session.enter(); // as a run in another thread would
        assertThatThrownBy(() -> session.run(Map.of("image", picture)))
            .isInstanceOf(IllegalStateException.class)
            .hasMessageContaining("another thread");
        session.leave();
      }
    }
  }

  @Test
  void moreMemoryThanAllowedIsRefusedBeforeItIsTaken() {
    Map<String, Shape> shapes = Map.of("image", Shape.of(1, 3, 64, 64));
    long needed;
    try (Model model = network()) {
      needed = model.plan(shapes, ONE).arenaBytes();
    }
    LoadOptions enough = LoadOptions.defaults().sessionBytes(needed);
    try (Model model = Model.of(SampleModels.openNetwork(), enough)) {
      assertThat(model.plan(shapes, ONE).arenaBytes()).isEqualTo(needed);
    }
    try (Model model =
            Model.of(SampleModels.openNetwork(), LoadOptions.defaults().sessionBytes(needed - 1));
        Session session = model.session(ONE)) {
      assertThatThrownBy(() -> session.prepare(shapes))
          .isInstanceOf(UnsupportedModelException.class)
          .hasMessageContaining(needed + " bytes")
          .hasMessageContaining("sessionBytes");
      session.prepare(Map.of("image", Shape.of(1, 3, 8, 8)));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"auto", "native", "vector", "reference"})
  void notANumberStaysNotANumber(String backend) {
    try (Model model = network();
        Session session = model.session(ONE.backend(backend))) {
      Tensor picture = picture(20, 24);
      float[] pixels = picture.toFloats();
      pixels[7] = Float.NaN;
      float[] got = scores(session.run(Map.of("image", Tensor.of(picture.shape(), pixels))));
      for (float score : got) {
        assertThat(score).isNaN();
      }
      assertThat(scores(session.run(Map.of("image", picture)))).doesNotContain(Float.NaN);
    }
  }

  @Test
  void constantsMayBeOutputs() {
    try (Model model = Model.of(SampleModels.everySize());
        Session session = model.session(ONE)) {
      Map<String, Tensor> results = session.run(Map.of("x", random(1, 4, 4, 8, 8)));
      assertThat(results.get("u").toLongs()).containsExactly(2, 2);
      assertThat(results.get("z").shape()).isEqualTo(Shape.of(12, 2));
    }
  }

  /** A run in one thread; one in another fails, and does it no harm. */
  @Test
  void aSessionThatIsRunningRefusesAnotherThread() throws Exception {
    try (Model model = network();
        Session session = model.session(ONE)) {
      Execution execution = session.prepare(Map.of("image", Shape.of(1, 3, 96, 96)));
      execution.run();
      float[] want = execution.output("scores").toFloats();
      AtomicBoolean stop = new AtomicBoolean();
      AtomicInteger runs = new AtomicInteger();
      Callable<Integer> work =
          () -> {
            int refused = 0;
            while (!stop.get()) {
              try {
                execution.run();
                runs.incrementAndGet();
              } catch (IllegalStateException e) {
                assertThat(e).hasMessageContaining("another thread");
                refused++;
              }
              if (refused > 0 && runs.get() > 20) {
                stop.set(true);
              }
            }
            return refused;
          };
      try (ExecutorService pool = Executors.newFixedThreadPool(2)) {
        int refused = 0;
        for (Future<Integer> done : pool.invokeAll(List.of(work, work))) {
          refused += done.get();
        }
        assertThat(refused).isPositive();
      }
      execution.run();
      assertThat(execution.output("scores").toFloats()).isEqualTo(want);
    }
  }

  private static Model network() {
    return Model.of(SampleModels.openNetwork());
  }

  private static Tensor picture(int height, int width) {
    Random random = new Random(height * 1000L + width);
    float[] pixels = new float[3 * height * width];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = random.nextFloat();
    }
    return Tensor.of(Shape.of(1, 3, height, width), pixels);
  }

  private static float[] scores(Map<String, Tensor> results) {
    return results.get("scores").toFloats();
  }

  private static org.assertj.core.data.Offset<Float> within(float want) {
    return org.assertj.core.data.Offset.offset(1e-4f * Math.max(1, Math.abs(want)));
  }
}
