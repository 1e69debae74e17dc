package dev.tilewright;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.zoo.Zoo;
import dev.tilewright.zoo.build.Blueprint;
import dev.tilewright.zoo.build.WeightSource;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/**
 * Sessions for a long time: {@code -Dtilewright.test.soak=SECONDS}. What is asked of memory is
 * asked of its second half, when compilers and allocators have what they keep.
 */
@EnabledOnOs(OS.LINUX) // the memory of a process is read in /proc
class SoakTest {
  private static final int SECONDS = Integer.getInteger("tilewright.test.soak", 4);

  private static final int SESSIONS = 4;

  /** A session that is not freed, and has run, has at least a megabyte. */
  private static final int RUNS_OF_A_SESSION = 5;

  private static final long MOST_GROWTH_KB = 24 << 10;

  @Test
  void sessionsOfOnePlanInSeveralThreadsAreRightAndLeaveNothing()
      throws IOException, InterruptedException, ExecutionException {
    Shape shape = Shape.of(1, 3, 96, 96);
    Blueprint network = Blueprint.of(Zoo.find("mobilenet-v2").block().get(), shape);
    long deadline = System.nanoTime() + SECONDS * 1_000_000_000L;
    long middle = System.nanoTime() + SECONDS * 500_000_000L;
    try (Model model = Model.of(network.file(WeightSource.seeded(1)));
        ExecutorService threads = Executors.newFixedThreadPool(SESSIONS)) {
      String input = model.inputs().getFirst().name();
      List<float[]> expected = new ArrayList<>();
      for (int i = 0; i < SESSIONS; i++) {
        expected.add(run(model, input, shape, i, 1));
      }
      long runs = soak(threads, model, input, shape, expected, middle);
      long before = residentKb();
      runs += soak(threads, model, input, shape, expected, deadline);
      long growth = residentKb() - before;
      System.out.println(
          SESSIONS
              + " sessions at once, again and again for "
              + SECONDS
              + " s: "
              + runs
              + " runs, resident memory grew by "
              + growth
              + " kB of "
              + before
              + " in the second half");
      assertThat(runs).isGreaterThan(SESSIONS * RUNS_OF_A_SESSION);
      assertThat(growth).isLessThan(MOST_GROWTH_KB);
    }
  }

  /** Runs until then; how often. */
  private static long soak(
      ExecutorService threads,
      Model model,
      String input,
      Shape shape,
      List<float[]> expected,
      long deadline)
      throws InterruptedException, ExecutionException {
    List<Future<Long>> all = new ArrayList<>();
    for (int i = 0; i < SESSIONS; i++) {
      int seed = i;
      all.add(
          threads.submit(() -> {
            long runs = 0;
            while (System.nanoTime() < deadline) {
              float[] out = run(model, input, shape, seed, RUNS_OF_A_SESSION);
              assertThat(Arrays.equals(out, expected.get(seed))).as("bits").isTrue();
              runs += RUNS_OF_A_SESSION;
            }
            return runs;
          }));
    }
    long runs = 0;
    for (Future<Long> one : all) {
      runs += one.get();
    }
    return runs;
  }

  /** A session of two threads that is opened, run and closed; the last result. */
  private static float[] run(Model model, String input, Shape shape, int seed, int runs) {
    try (Session session = model.session(SessionOptions.defaults().threads(2))) {
      Execution execution = session.prepare(Map.of(input, shape));
      Tensor x = execution.input(input);
      for (long i = 0; i < shape.elements(); i++) {
        float value = (i * (7 + seed) % 251) / 251f - 0.5f;
        x.data().setAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, i, value);
      }
      for (int i = 0; i < runs; i++) {
        execution.run();
      }
      return execution.output(execution.outputs().getFirst()).toFloats();
    }
  }

  @Test
  void aHundredThousandRunsKeepTheirMemory() throws IOException {
    Path file = Shared.require("models/mnist_8/model.onnx");
    try (Model model = Model.load(file);
        Session session = model.session(SessionOptions.defaults().threads(1))) {
      String input = model.inputs().getFirst().name();
      Execution execution = session.prepare(Map.of(input, Shape.of(1, 1, 28, 28)));
      for (int i = 0; i < 50_000; i++) {
        execution.run();
      }
      long before = residentKb();
      for (int i = 0; i < 100_000; i++) {
        execution.run();
      }
      assertThat(residentKb() - before).isLessThan(1 << 10);
    }
  }

  /** Resident memory of this process outside the Java heap's reach: all but what files back. */
  private static long residentKb() throws IOException {
    System.gc();
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith("RssAnon:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
        .findFirst()
        .orElseThrow();
  }
}
