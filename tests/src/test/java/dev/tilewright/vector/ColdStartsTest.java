package dev.tilewright.vector;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.tilewright.conv.Activation;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * What C2 makes of the same kernels in JVMs that have just started, without flags. Two starts are
 * tried; {@code -Dtilewright.test.starts=100} tries more.
 */
class ColdStartsTest {
  private static final int STARTS = Integer.getInteger("tilewright.test.starts", 2);

  /** Far below what any good kernel reaches on a busy machine, far above what a bad one does. */
  private static final double SLOW = 0.4;

  /** A start: makes kernels of all kinds of tiles at once, and looks at each. */
  static final class Child {
    private static final int DEPTH = 256;
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    public static void main(String[] args) {
      List<GemmTiles.Spec> specs = specs();
      Map<GemmTiles.Spec, GemmTile> kernels = new LinkedHashMap<>();
      specs.parallelStream().forEach(GemmTiles::get);
      specs.forEach(spec -> kernels.put(spec, GemmTiles.get(spec)));
      Map<GemmTiles.Spec, Double> speeds = new LinkedHashMap<>();
      try (Arena arena = Arena.ofConfined()) {
        long memory = arena.allocate(1 << 20, 64).address();
        kernels.forEach((spec, kernel) -> speeds.put(spec, speed(spec, kernel, memory)));
      }
      double best = speeds.values().stream().mapToDouble(s -> s).max().orElseThrow();
      speeds.forEach((spec, speed) -> {
        if (speed < SLOW * best) {
          System.out.printf(
              Locale.ROOT, "bad: %.0f %% of the best: %s%n", 100 * speed / best, spec);
        }
      });
      System.out.println("redrawn " + Generated.redrawn());
    }

    private static List<GemmTiles.Spec> specs() {
      Activation[] activations = {
        Activation.none(), new Activation.Clip(0, 6), new Activation.HardSwish()
      };
      return java.util.Arrays.stream(MicroTile.candidates())
          // One row waits for loads, fewer than eight sums for each other.
          .filter(t -> t.mr() > 1 && t.mr() * t.nv() >= 8 && t.mr() <= GemmTiles.MOST_ROWS)
          .map(t ->
              new GemmTiles.Spec(
                  t.mr(),
                  1,
                  t.nv(),
                  null,
                  t.mr() % 2 == 0 ? GemmTiles.Factors.ADJACENT : GemmTiles.Factors.PICKED,
                  t.nv() == 2,
                  activations[(t.mr() + t.nv()) % 3],
                  false))
          .toList();
    }

    /** Multiply-adds a nanosecond, at best; 0 for a kernel that allocates. */
    private static double speed(GemmTiles.Spec spec, GemmTile kernel, long memory) {
      double best = 0;
      long allocated = Long.MAX_VALUE;
      for (int i = 0; i < 20; i++) {
        long before = THREADS.getCurrentThreadAllocatedBytes();
        long start = System.nanoTime();
        for (int j = 0; j < 20; j++) {
          long dst = memory + (1 << 19);
          kernel.run(memory, 64, 64, memory, DEPTH, memory, memory, dst, 64, memory, 64, 0);
        }
        double fmas = 20.0 * DEPTH * spec.mr() * spec.nv();
        best = Math.max(best, fmas / (System.nanoTime() - start));
        allocated = Math.min(allocated, THREADS.getCurrentThreadAllocatedBytes() - before);
      }
      return allocated > 0 ? 0 : best;
    }
  }

  @Test
  void everyKernelIsCompiledRight() throws Exception {
    Map<String, Integer> redrawn = new TreeMap<>();
    for (int i = 0; i < STARTS; i++) {
      String output = start();
      assertThat(output).as("start %d", i).doesNotContain("bad").contains("redrawn");
      redrawn.merge(output.lines().reduce((a, b) -> b).orElse(""), 1, Integer::sum);
    }
    System.out.println("cold starts by kernels drawn again: " + redrawn);
  }

  private static String start() throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules=jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                Child.class.getName())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    return output;
  }
}
