package dev.tilewright.database;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Asks the system what it is. Linux answers in files; elsewhere there is less to know. */
public final class ThisMachine {
  /** Extensions that decide which kernels run, as /proc/cpuinfo writes them. */
  private static final List<String> EXTENSIONS =
      List.of("sse4_2", "avx2", "fma", "avx512f", "avx512bw", "amx_bf16", "asimd", "sve", "sve2");

  private static final int MOST_CACHES = 8;

  private final Path root;

  private ThisMachine(Path root) {
    this.root = root;
  }

  /** The system's answers, which stay the same. */
  private static final class Asked {
    static final Machine MACHINE = describe(Path.of("/"), "");

    static void now() {}
  }

  /** Asks the system, so that {@link #describe} need not: for who has to wait for the kernels. */
  public static void ask() {
    Asked.now();
  }

  /**
   * The machine that this process runs on.
   *
   * @param kernels revisions of the backends' code
   */
  public static Machine describe(String kernels) {
    return Asked.MACHINE.with(clean(kernels));
  }

  /**
   * @param root of the file system to ask, for tests
   */
  static Machine describe(Path root, String kernels) {
    ThisMachine system = new ThisMachine(root);
    Map<String, String> cpu = system.cpuInfo();
    return new Machine(
        microarchitecture(cpu),
        extensions(cpu),
        system.caches(),
        Runtime.getRuntime().availableProcessors(),
        clean(System.getProperty("java.vendor") + " " + Runtime.version()),
        clean(kernels));
  }

  /** The first processor's lines; empty where there is no such file. */
  private Map<String, String> cpuInfo() {
    Map<String, String> values = new HashMap<>();
    for (String line : lines(root.resolve("proc/cpuinfo"))) {
      int colon = line.indexOf(':');
      if (line.isBlank()) {
        break;
      }
      if (colon > 0) {
        values.put(line.substring(0, colon).strip(), line.substring(colon + 1).strip());
      }
    }
    return values;
  }

  private static String microarchitecture(Map<String, String> cpu) {
    if (cpu.containsKey("cpu family")) {
      return clean(
          cpu.getOrDefault("vendor_id", "?")
              + " family "
              + cpu.get("cpu family")
              + " model "
              + cpu.getOrDefault("model", "?"));
    }
    if (cpu.containsKey("CPU implementer")) {
      return clean(cpu.get("CPU implementer") + " part " + cpu.getOrDefault("CPU part", "?"));
    }
    return clean(System.getProperty("os.name") + " " + System.getProperty("os.arch"));
  }

  private static String extensions(Map<String, String> cpu) {
    String flags = cpu.getOrDefault("flags", cpu.getOrDefault("Features", ""));
    Set<String> present = Set.copyOf(Arrays.asList(flags.split(" ")).stream().distinct().toList());
    String known = EXTENSIONS.stream().filter(present::contains).collect(Collectors.joining(" "));
    return known.isEmpty() ? System.getProperty("os.arch") : known;
  }

  private String caches() {
    List<String> sizes = new ArrayList<>();
    Path all = root.resolve("sys/devices/system/cpu/cpu0/cache");
    for (int i : IntStream.range(0, MOST_CACHES).toArray()) {
      Path cache = all.resolve("index" + i);
      String type = first(cache.resolve("type"));
      if (!type.isEmpty() && !type.equals("Instruction")) {
        sizes.add("L" + first(cache.resolve("level")) + " " + first(cache.resolve("size")));
      }
    }
    return sizes.isEmpty() ? "caches unknown" : clean(String.join(" ", sizes));
  }

  private static String first(Path file) {
    List<String> lines = lines(file);
    return lines.isEmpty() ? "" : lines.getFirst().strip();
  }

  private static List<String> lines(Path file) {
    try {
      return Files.isReadable(file) ? Files.readAllLines(file) : List.of();
    } catch (IOException e) {
      return List.of(); // a machine that does not tell is described by what it does tell
    }
  }

  private static String clean(String text) {
    return text.replaceAll("\\p{Cntrl}", " ");
  }
}
