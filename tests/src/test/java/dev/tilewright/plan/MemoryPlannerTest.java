package dev.tilewright.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.graph.Value;
import dev.tilewright.plan.MemoryPlanner.Buffer;
import dev.tilewright.plan.MemoryPlanner.Layout;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MemoryPlannerTest {
  @Test
  void aChainNeedsItsTwoLargestNeighbours() {
    Layout layout =
        MemoryPlanner.plan(
            List.of(buffer(0, 640, 0, 1), buffer(1, 6400, 1, 2), buffer(2, 64, 2, 3)));
    assertThat(layout.lowerBound()).isEqualTo(7040);
    assertThat(layout.bytes()).isEqualTo(7040);
  }

  @Test
  void buffersAliveTogetherNeverOverlapAndSitOnCacheLines() {
    for (long seed = 0; seed < 300; seed++) {
      Random random = new Random(seed);
      List<Buffer> buffers = new ArrayList<>();
      int count = 1 + random.nextInt(60);
      for (int i = 0; i < count; i++) {
        int first = random.nextInt(40) - 1;
        int last = first + random.nextInt(10);
        buffers.add(buffer(i, 4L * (1 + random.nextInt(3000)), first, last));
      }
      Layout layout = MemoryPlanner.plan(buffers);
      assertThat(layout.bytes()).isGreaterThanOrEqualTo(layout.lowerBound());
      for (Buffer a : buffers) {
        long from = layout.offsets().get(a.value());
        assertThat(from % 64).isZero();
        assertThat(from + a.bytes()).isLessThanOrEqualTo(layout.bytes());
        for (Buffer b : buffers) {
          long other = layout.offsets().get(b.value());
          boolean apart = from + a.bytes() <= other || other + b.bytes() <= from;
          assertThat(a.equals(b) || apart || !a.overlaps(b))
              .as("seed %d: %s, %s", seed, a, b)
              .isTrue();
        }
      }
    }
  }

  private static Buffer buffer(int name, long bytes, int first, int last) {
    Value value = new Value("v" + name, TensorType.floats(Shape.of((int) (bytes / 4))));
    return new Buffer(value, bytes, first, last);
  }
}
