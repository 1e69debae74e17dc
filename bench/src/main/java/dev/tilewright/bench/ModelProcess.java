package dev.tilewright.bench;

import dev.tilewright.LoadOptions;
import dev.tilewright.Model;
import dev.tilewright.SessionOptions;
import dev.tilewright.plan.Plan;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tuning.Contender;
import dev.tilewright.tuning.SessionContender;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A process that loads one model and runs it: for what cannot be measured in a process that has
 * done other things before. Kernels are chosen by estimates.
 */
final class ModelProcess {
  private static final String FIRST = "first";
  private static final String FIGURE = "figure ";
  private static final int MOST_SECONDS = 120;

  /** What the launcher gives every verb. */
  private static final List<String> FLAGS =
      List.of(
          "--enable-native-access=ALL-UNNAMED",
          "-XX:+UseSerialGC",
          "-Xms16m",
          "-Djna.platform.library.path=/usr/lib",
          "-Djdk.reflect.useNativeAccessorOnly=true");

  /**
   * Who runs in a process, and what it finds there.
   *
   * @param peer whether ONNX Runtime runs the model; it needs no flag of Java that we need
   * @param packedCache file of the plan and the packed weights, or null; not of the peer's
   * @param flags of Java, besides those of all
   * @param classPath of the process
   */
  record Start(boolean peer, @Nullable Path packedCache, List<String> flags, String classPath) {
    static final Start PEER =
        new Start(true, null, List.of(), System.getProperty("java.class.path"));

    static final Start PLAIN = plain(System.getProperty("java.class.path"));

    /**
     * @param flags besides the one for the Vector API
     */
    static Start plain(String classPath, String... flags) {
      List<String> all = new ArrayList<>(List.of("--add-modules=jdk.incubator.vector"));
      all.addAll(List.of(flags));
      return new Start(false, null, all, classPath);
    }

    Start packedCache(Path file) {
      return new Start(peer, file, flags, classPath);
    }
  }

  /**
   * What a process said.
   *
   * @param firstMillis from its start to its first result
   * @param figures by name, after all runs
   */
  record Life(double firstMillis, Map<String, Double> figures) {}

  private ModelProcess() {}

  /**
   * Starts one and waits for its end.
   *
   * @param model an ONNX file
   * @param runs after the first
   */
  static Life run(
      Path model, Map<String, Shape> shapes, SessionOptions options, Start start, int runs)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(FLAGS);
    command.addAll(start.flags);
    command.addAll(List.of("-cp", start.classPath));
    command.addAll(
        List.of(
            ModelProcess.class.getName(),
            start.peer ? "peer" : "ours",
            model.toString(),
            String.valueOf(options.threads()),
            options.backend(),
            String.valueOf(runs),
            start.packedCache == null ? "" : start.packedCache.toString()));
    shapes.forEach((name, shape) ->
        command.add(
            name + "=" + String.join("x", shape.dims().stream().map(String::valueOf).toList())));
    long begin = System.nanoTime();
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    double first = Double.NaN;
    Map<String, Double> figures = new LinkedHashMap<>();
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.equals(FIRST)) {
          first = (System.nanoTime() - begin) / 1e6;
        } else if (line.startsWith(FIGURE)) { // Java may say something too
          String[] words = line.split(" ", -1);
          figures.put(words[1], Double.valueOf(words[2]));
        }
      }
      if (!process.waitFor(MOST_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
        throw new IOException("a process that runs " + model + " failed");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      process.destroyForcibly();
    }
    return new Life(first, figures);
  }

  public static void main(String[] args) throws IOException {
    boolean peer = args[0].equals("peer");
    Path file = Path.of(args[1]);
    int threads = Integer.parseInt(args[2]);
    int runs = Integer.parseInt(args[4]);
    Map<String, Shape> shapes = new HashMap<>();
    for (String text : List.of(args).subList(6, args.length)) {
      int equals = text.lastIndexOf('=');
      shapes.put(
          text.substring(0, equals),
          new Shape(
              Arrays.stream(text.substring(equals + 1).split("x", -1))
                  .map(Integer::valueOf)
                  .toList()));
    }
    if (peer) {
      try (OrtContender contender = new OrtContender(file, zeros(shapes), threads)) {
        live(contender, runs);
      }
    } else {
      SessionOptions options = new SessionOptions(threads, args[3]);
      Path cache = args[5].isEmpty() ? null : Path.of(args[5]);
      try (Model model = Model.load(file, LoadOptions.defaults().packedCache(cache));
          SessionContender contender = new SessionContender(model, zeros(shapes), options)) {
        live(contender, runs);
        List<Plan> plans = contender.execution().plans();
        print("arena", plans.stream().mapToLong(Plan::arenaBytes).sum());
        print("packedWeights", plans.stream().mapToLong(Plan::packedBytes).max().orElse(0));
      }
    }
  }

  private static Map<String, Tensor> zeros(Map<String, Shape> shapes) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    shapes.forEach((name, shape) ->
        tensors.put(name, Tensor.of(shape, new float[Math.toIntExact(shape.elements())])));
    return tensors;
  }

  private static void live(Contender contender, int runs) throws IOException {
    contender.run();
    System.out.println(FIRST);
    System.out.flush();
    for (int i = 0; i < runs; i++) {
      contender.run();
    }
    if (runs > 0) {
      print("heap", Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory());
      for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
        String name =
            line.startsWith("VmRSS:")
                ? "resident"
                : line.startsWith("VmHWM:") ? "mostResident" : "";
        if (!name.isEmpty()) {
          print(name, 1024 * Long.parseLong(line.replaceAll("\\D", "")));
        }
      }
    }
  }

  private static void print(String name, long value) {
    System.out.println(FIGURE + name + " " + value);
  }
}
