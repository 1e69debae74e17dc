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
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * What C2 makes of the same kernels in JVMs that have just started, with either of the collectors
 * that Java chooses by itself: their loops differ, for G1 wants to stop within them. Two starts are
 * tried; {@code -Dtilewright.test.starts=100} tries more.
 */
class ColdStartsTest {
  private static final int STARTS = Integer.getInteger("tilewright.test.starts", 2);

  /** Of what the tile should reach; what C2 spills or unrolls wrongly reaches less than half. */
  private static final double SLOW = 0.6;

  /** A start: makes kernels of all kinds of tiles at once, and looks at each. */
  static final class Child {
    private static final int DEPTH = 256;
    private static final int CALLS = 20;

    /** Half a second, in turn: the best of all is none that a busy machine held up. */
    private static final int ROUNDS = 2000;

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    public static void main(String[] args) {
      List<GemmTiles.Spec> specs = specs();
      Map<GemmTiles.Spec, GemmTile> kernels = new LinkedHashMap<>();
      specs.parallelStream().forEach(GemmTiles::get);
      specs.forEach(spec -> kernels.put(spec, GemmTiles.get(spec)));
      Map<GemmTiles.Spec, Double> speeds = new LinkedHashMap<>();
      try (Arena arena = Arena.ofConfined()) {
        long memory = arena.allocate(1 << 20, 64).address();
        for (int round = 0; round < ROUNDS; round++) {
          kernels.forEach(
              (spec, kernel) -> speeds.merge(spec, speed(spec, kernel, memory), Math::max));
        }
      }
      double best = speeds.values().stream().mapToDouble(s -> s).max().orElseThrow();
      double most = specs.stream().mapToDouble(Child::expected).max().orElseThrow();
      speeds.forEach((spec, speed) -> {
        double share = speed / best / (expected(spec) / most);
        if (share < SLOW) {
          System.out.printf(
              Locale.ROOT, "bad: %.0f %% of what is expected: %s%n", 100 * share, spec);
        }
      });
      System.out.println("redrawn " + Generated.redrawn());
    }

    private static double expected(GemmTiles.Spec spec) {
      return new MicroTile(spec.mr(), spec.nv()).efficiency(DEPTH);
    }

    private static List<GemmTiles.Spec> specs() {
      Activation[] activations = {
        Activation.none(), new Activation.Clip(0, 6), new Activation.HardSwish()
      };
      return java.util.Arrays.stream(MicroTile.candidates())
          // One row waits for loads, fewer than eight sums for each other.
          .filter(t -> t.mr() > 1 && t.mr() * t.nv() >= 8 && t.mr() <= GemmTiles.MOST_ROWS)
          .<GemmTiles.Spec>mapMulti((t, specs) -> {
            Activation activation = activations[(t.mr() + t.nv()) % 3];
            boolean picked = t.mr() % 2 != 0;
            specs.accept(spec(t, null, picked, activation));
            specs.accept(spec(t, new GemmTiles.Strides(64, 64), false, activation));
          })
          .toList();
    }

    private static GemmTiles.Spec spec(
        MicroTile t, GemmTiles.@Nullable Strides strides, boolean picked, Activation activation) {
      return new GemmTiles.Spec(
          t.mr(),
          1,
          t.nv(),
          strides,
          picked ? GemmTiles.Factors.PICKED : GemmTiles.Factors.ADJACENT,
          strides != null && t.nv() == 2,
          activation,
          false);
    }

    /** Multiply-adds a nanosecond; 0 for a kernel that allocates. */
    private static double speed(GemmTiles.Spec spec, GemmTile kernel, long memory) {
      long dst = memory + (1 << 19);
      long before = THREADS.getCurrentThreadAllocatedBytes();
      long start = System.nanoTime();
      for (int i = 0; i < CALLS; i++) {
        kernel.run(memory, 64, 64, memory, DEPTH, memory, memory, dst, 64, memory, 64, 0);
      }
      long nanos = System.nanoTime() - start;
      boolean allocates = THREADS.getCurrentThreadAllocatedBytes() > before;
      return allocates ? 0 : (double) CALLS * DEPTH * spec.mr() * spec.nv() / nanos;
    }
  }

  @Test
  void everyKernelIsCompiledRight() throws Exception {
    Map<String, Integer> redrawn = new TreeMap<>();
    for (int i = 0; i < STARTS; i++) {
      String output = start(i % 2 == 0 ? "-XX:+UseSerialGC" : "-XX:+UseG1GC");
      assertThat(output).as("start %d", i).doesNotContain("bad").contains("redrawn");
      redrawn.merge(output.lines().reduce((a, b) -> b).orElse(""), 1, Integer::sum);
    }
    System.out.println("cold starts by kernels drawn again: " + redrawn);
  }

  private static String start(String flag) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                flag,
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
