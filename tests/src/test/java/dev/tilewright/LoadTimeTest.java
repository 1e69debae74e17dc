package dev.tilewright;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.OperatingSystemMXBean;
import dev.tilewright.onnx.ResidualNetwork;
import dev.tilewright.tensor.Shape;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * From a file to a session that can run, weights packed, in a JVM that has done it before. The
 * bounds are on the processor time of the process, shared by two threads: what other programs do
 * hardly counts. They are twice what is aimed at, for slower machines and for what the JIT still
 * compiles meanwhile; the figures are printed and stand in docs/measurements.md.
 */
class LoadTimeTest {
  private static final int LOADS = Integer.getInteger("tilewright.test.loads", 20);
  private static final int THREADS = 2;

  private static final OperatingSystemMXBean PROCESS =
      (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

  /** Of one load, in ms: by the clock, and of processors divided by the threads. */
  private record Time(double wall, double work) {}

  @Test
  void mobileNetIsReadyWithinMilliseconds() throws IOException {
    Path file = Shared.require("models/mobilenetv2_fp32.onnx");
    assertThat(work("MobileNetV2", file, "input")).isLessThan(2 * 60);
  }

  @Test
  void resNetIsReadyWithinMilliseconds(@TempDir Path folder) throws IOException {
    Path file = Files.write(folder.resolve("resnet50.onnx"), ResidualNetwork.resnet50());
    assertThat(work("ResNet-50", file, "x")).isLessThan(2 * 300);
  }

  /** The least work of some loads after the first. */
  private static double work(String name, Path file, String input) throws IOException {
    Map<String, Shape> shapes = Map.of(input, Shape.of(1, 3, 224, 224));
    Time first = load(file, shapes);
    Time second = load(file, shapes);
    List<Time> later = new ArrayList<>();
    for (int i = 2; i < LOADS; i++) {
      later.add(load(file, shapes));
    }
    double[] walls = later.stream().mapToDouble(Time::wall).sorted().toArray();
    double work = later.stream().mapToDouble(Time::work).min().orElseThrow();
    System.out.printf(
        Locale.ROOT,
        "%s: first load %.0f ms, second %.0f ms, median of %d %.0f ms, least %.0f ms, of work %.0f"
            + " ms%n",
        name,
        first.wall,
        second.wall,
        walls.length,
        walls[walls.length / 2],
        walls[0],
        work);
    return work;
  }

  private static Time load(Path file, Map<String, Shape> shapes) throws IOException {
    SessionOptions options = SessionOptions.defaults().threads(THREADS);
    long work = PROCESS.getProcessCpuTime();
    long start = System.nanoTime();
    try (Model model = Model.load(file);
        Session session = model.session(options)) {
      session.prepare(shapes);
      double wall = (System.nanoTime() - start) / 1e6;
      return new Time(wall, (PROCESS.getProcessCpuTime() - work) / 1e6 / THREADS);
    }
  }
}
