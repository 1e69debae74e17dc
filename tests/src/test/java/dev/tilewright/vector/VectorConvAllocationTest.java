package dev.tilewright.vector;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.tilewright.conv.Activation;
import dev.tilewright.conv.ConvAlgorithm;
import dev.tilewright.conv.ConvProblem;
import dev.tilewright.conv.ConvShape;
import dev.tilewright.conv.Epilogue;
import dev.tilewright.conv.Tile;
import dev.tilewright.conv.Weights;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import dev.tilewright.tensor.View;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A kernel that allocates nothing is one whose vectors C2 keeps in registers; one byte a call means
 * that some vector is boxed.
 */
class VectorConvAllocationTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "n1g1c16k40_i12x12_f1x1_s1x1_d1x1_p0,0,0,0",
        "n1g1c16k40_i12x12_f3x3_s1x1_d1x1_p1,1,1,1",
        "n1g40c40k40_i12x12_f3x3_s1x1_d1x1_p1,1,1,1",
        "n1g9c36k36_i12x12_f3x3_s1x1_d1x1_p1,1,1,1",
        "n1g2c40k40_i12x12_f3x3_s1x1_d1x1_p1,1,1,1",
        "n1g40c40k80_i12x12_f3x3_s1x1_d1x1_p1,1,1,1",
        "n1g40c40k40_i12x12_f5x5_s1x1_d1x1_p2,2,2,2",
        "n1g5c5k5_i12x12_f3x3_s1x1_d1x1_p1,1,1,1",
        "n1g3c6k6_i12x12_f3x3_s1x1_d1x1_p1,1,1,1"
      })
  void allocatesNothingFromTheFirstRun(String key) {
    Epilogue epilogue = new Epilogue(true, true, new Activation.Silu());
    ConvProblem problem = new ConvProblem(ConvShape.parse(key), epilogue, 1);
    for (ConvAlgorithm algorithm : new VectorBackend().convolutions()) {
      if (algorithm.check(problem).isYes()) {
        for (Tile tile : algorithm.tiles(problem)) {
          try (Arena arena = Arena.ofConfined()) {
            assertThat(allocated(bind(algorithm, problem, tile, arena)))
                .as("bytes that a run of %s %s on %s allocates", algorithm.id(), tile, key)
                .isZero();
          }
        }
      }
    }
  }

  /** The least of three: the first calls of other code, such as the measurement's, allocate. */
  private static long allocated(Task task) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long least = Long.MAX_VALUE;
    for (int i = 0; i < 3; i++) {
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int j = 0; j < 100; j++) {
        task.run(0, task.parts(), 0);
      }
      least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
    }
    return least;
  }

  private static Task bind(ConvAlgorithm algorithm, ConvProblem problem, Tile tile, Arena arena) {
    ConvShape s = problem.shape();
    Shape filter =
        Shape.of(
            s.outChannels(), s.inChannels() / s.groups(), s.kernel().height(), s.kernel().width());
    Weights weights =
        new Weights(
            Tensor.of(filter, new float[(int) filter.elements()]),
            Tensor.of(Shape.of(s.outChannels()), new float[s.outChannels()]),
            arena);
    Kernel kernel = algorithm.prepare(problem, tile, weights);
    View src = view(arena, s.batch(), s.in(), s.inChannels());
    View residual = view(arena, s.batch(), s.out(), s.outChannels());
    View dst = view(arena, s.batch(), s.out(), s.outChannels());
    long workspace = arena.allocate(Math.max(64, kernel.workspaceBytes()), 64).address();
    return kernel.bind(new Operands(List.of(src, residual), List.of(dst), workspace, 0, arena));
  }

  private static View view(Arena arena, int batch, ConvShape.Size size, int channels) {
    TensorType type = TensorType.floats(Shape.of(batch, size.height(), size.width(), channels));
    return View.dense(arena.allocate(type.bytes(), 64).address(), type);
  }
}
