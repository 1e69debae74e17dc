package dev.tilewright;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.onnx.LongModels;
import dev.tilewright.onnx.Signature;
import dev.tilewright.tensor.Shape;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Reading, rewriting and planning take time in proportion to the number of nodes, and a stack that
 * does not depend on it.
 */
class LongGraphsTest {
  private static final int SHORT = 500;
  private static final int TIMES = 8;
  private static final int TRIES = 5;

  /** A pass that compares all nodes with all others would take 64 times as long for 8 times. */
  private static final double MOST_TIMES = 3 * TIMES;

  /** Of 4,000 nodes, 64 bytes each: a chain followed by calls would need several times that. */
  private static final long STACK = 256 << 10;

  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  static List<LongModels.Case> models() {
    return LongModels.all();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("models")
  void timeGrowsWithTheNumberOfNodes(LongModels.Case model)
      throws ExecutionException, InterruptedException {
    byte[] few = model.model(SHORT);
    byte[] many = model.model(TIMES * SHORT);
    nanos(few); // compiles
    nanos(few);
    long once = Math.min(nanos(few), nanos(few));
    long more = nanos(many);
    for (int i = 1; i < TRIES && more > MOST_TIMES * once; i++) {
      more = Math.min(more, nanos(many)); // a neighbour on the same core, or behind the same cache
    }
    assertThat((double) more / once).isLessThan(MOST_TIMES);
  }

  /** Processor time of the thread that plans, whose stack is small. */
  private static long nanos(byte[] bytes) throws ExecutionException, InterruptedException {
    FutureTask<Long> task =
        new FutureTask<>(() -> {
          long start = THREADS.getCurrentThreadCpuTime();
          try (Model model = Model.of(bytes)) {
            Signature x = model.inputs().getFirst();
            Shape shape = new Shape(x.dims().stream().map(d -> Math.toIntExact(d.size())).toList());
            model.plan(Map.of("x", shape), SessionOptions.defaults().threads(1));
          }
          return THREADS.getCurrentThreadCpuTime() - start;
        });
    Thread thread = new Thread(null, task, "planner", STACK);
    thread.start();
    return task.get();
  }
}
