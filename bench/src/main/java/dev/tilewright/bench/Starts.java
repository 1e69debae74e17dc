package dev.tilewright.bench;

import dev.tilewright.SessionOptions;
import dev.tilewright.tensor.Shape;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * The ways in which a process comes to its first result of a model, by name: as it is, with what an
 * earlier process of ours kept, and with what Java keeps of classes. All of it lies in a temporary
 * folder and is made here, outside of what is timed.
 */
final class Starts implements AutoCloseable {
  /** What the launcher gives Java for {@code TILEWRIGHT_AOT} and the verb run. */
  private static final List<String> CACHED_CLASSES =
      List.of("-Dtilewright.vector=none", "-XX:TieredStopAtLevel=1");

  static final String PEER = "onnxruntime";

  private final Path folder = Files.createTempDirectory("tilewright-startup-");
  private final Map<String, ModelProcess.Start> ways = new LinkedHashMap<>();
  private final String classPath = jars();

  /**
   * Makes what is to be found.
   *
   * @param options of all; with a backend other than {@code native} Java's cache is left out where
   *     it rules that one out
   */
  Starts(Path model, Map<String, Shape> shapes, SessionOptions options) throws IOException {
    ModelProcess.Start archived = archived(model, shapes, options);
    ways.put("as it is", ModelProcess.Start.PLAIN);
    ways.put("class archive", archived);
    ways.put("packed cache", ModelProcess.Start.PLAIN.packedCache(folder.resolve("packed")));
    ways.put(
        "packed cache, class archive", archived.packedCache(folder.resolve("packed.archived")));
    if (!options.backend().equals("vector")) {
      ways.put("packed and AOT cache", withClasses(model, shapes, options));
    }
    ways.put(PEER, ModelProcess.Start.PEER);
    ModelProcess.run(model, shapes, options, way("packed cache"), 0);
    ModelProcess.run(model, shapes, options, way("packed cache, class archive"), 0);
  }

  /** With the Vector API's module, as the launcher starts Java. */
  private ModelProcess.Start archived(Path model, Map<String, Shape> shapes, SessionOptions options)
      throws IOException {
    Path classes = folder.resolve("classes.jsa");
    ModelProcess.run(
        model,
        shapes,
        options,
        ModelProcess.Start.plain(classPath, "-XX:ArchiveClassesAtExit=" + classes),
        0);
    return ModelProcess.Start.plain(classPath, "-XX:SharedArchiveFile=" + classes);
  }

  private ModelProcess.Start withClasses(
      Path model, Map<String, Shape> shapes, SessionOptions options) throws IOException {
    Path packed = folder.resolve("packed.native");
    Path classes = folder.resolve("classes.aot");
    ModelProcess.run(model, shapes, options, start(packed, "-XX:AOTCacheOutput=" + classes), 0);
    // Again, with the classes that a cache of packed weights takes to read.
    ModelProcess.run(model, shapes, options, start(packed, "-XX:AOTCacheOutput=" + classes), 0);
    return start(packed, "-XX:AOTCache=" + classes);
  }

  private ModelProcess.Start start(Path packed, String flag) {
    List<String> flags = new ArrayList<>(CACHED_CLASSES);
    flags.add(flag);
    return new ModelProcess.Start(false, packed, flags, classPath);
  }

  /** The class path with jars instead of folders: of classes in folders Java keeps nothing. */
  private String jars() throws IOException {
    List<String> jars = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      Path path = Path.of(entry);
      jars.add(Files.isDirectory(path) ? jar(path, jars.size()).toString() : entry);
    }
    return String.join(File.pathSeparator, jars);
  }

  private Path jar(Path classes, int number) throws IOException {
    Path jar = folder.resolve(number + ".jar");
    try (OutputStream file = Files.newOutputStream(jar);
        ZipOutputStream out = new ZipOutputStream(file);
        Stream<Path> files = Files.walk(classes)) {
      for (Path path : files.filter(Files::isRegularFile).sorted().toList()) {
        String name = classes.relativize(path).toString().replace(File.separatorChar, '/');
        out.putNextEntry(new ZipEntry(name));
        Files.copy(path, out);
      }
    }
    return jar;
  }

  /** Names, the peer's last. */
  List<String> names() {
    return List.copyOf(ways.keySet());
  }

  ModelProcess.Start way(String name) {
    ModelProcess.Start way = ways.get(name);
    if (way == null) {
      throw new IllegalArgumentException("no " + name + " in " + ways.keySet());
    }
    return way;
  }

  @Override
  public void close() throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path path : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    }
  }
}
