package dev.tilewright;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.tilewright.tensor.Shape;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/**
 * A warm run of any network leaves nothing on the Java heap, whatever its operators: not the
 * caller's thread, and not the workers'.
 */
class ModelAllocationTest {
  /** Runs between two looks at the counters. */
  private static final int RUNS = 20;

  /** Rounds without a byte in a row that make an execution warm and clean. */
  private static final int CLEAN = 2;

  /** Rounds until the last one must be clean: compilers need some hundred runs ... */
  private static final int ROUNDS = 100;

  /** ... and, where other processes keep them from their work, some time. */
  private static final long PATIENCE_NANOS = 60_000_000_000L;

  private final ThreadMXBean beans = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  @Test
  void networksAllocateNothing() {
    List<KnownModels.Known> models = new ArrayList<>(KnownModels.ofTheClassPath());
    models.addAll(KnownModels.shared());
    for (KnownModels.Known known : models) {
      for (int threads = 1; threads <= 2; threads++) {
        check(known.name(), known.bytes(), known::shapes, "auto", threads);
      }
    }
  }

  @Test
  void smallModelsAllocateNothing() throws IOException, URISyntaxException {
    for (Fixture fixture : SmallModelsTest.fixtures()) {
      Map<String, Shape> shapes = new HashMap<>();
      fixture.inputs().forEach((name, tensor) -> shapes.put(name, tensor.shape()));
      check(fixture.name(), fixture.model(), model -> shapes, "auto", 1);
    }
  }

  /** Of the Java kernels, a network that uses most kinds of them. */
  @Test
  void aNetworkOnJavaKernelsAllocatesNothing() {
    Backends.require("vector");
    KnownModels.ofTheClassPath().stream()
        .filter(known -> known.name().contains("cls"))
        .forEach(known -> check(known.name(), known.bytes(), known::shapes, "vector", 1));
  }

  private void check(
      String name,
      byte[] bytes,
      Function<Model, Map<String, Shape>> shapes,
      String backend,
      int threads) {
    try (Model model = Model.of(bytes);
        Session session = model.session(new SessionOptions(threads, backend))) {
      Execution execution = session.prepare(shapes.apply(model));
      long allocated = 0;
      int clean = 0;
      long deadline = System.nanoTime() + PATIENCE_NANOS;
      for (int round = 0;
          clean < CLEAN && (round < ROUNDS || System.nanoTime() < deadline);
          round++) {
        long before = ofWorkers();
        long start = beans.getCurrentThreadAllocatedBytes(); // last, so that looking does not count
        for (int i = 0; i < RUNS; i++) {
          execution.run();
        }
        allocated = beans.getCurrentThreadAllocatedBytes() - start;
        allocated += ofWorkers() - before;
        clean = allocated == 0 ? clean + 1 : 0;
      }
      assertThat(allocated)
          .as(
              "bytes that %d runs of %s on %d thread(s) of %s allocate",
              RUNS, name, threads, backend)
          .isZero();
    }
  }

  /** Bytes that the workers of all sessions have allocated. */
  private long ofWorkers() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("tilewright-"))
        .mapToLong(thread -> beans.getThreadAllocatedBytes(thread.threadId()))
        .sum();
  }
}
