package dev.tilewright.gate;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * One of the two programs that are compared.
 *
 * @param name as the user gave it
 * @param classPath of the program, without the gate
 */
record Side(String name, List<Path> classPath) {
  /** Modules of this project that a run needs, the rest being what they depend on. */
  private static final List<String> MODULES = List.of("runtime", "native");

  Side {
    classPath = List.copyOf(classPath);
  }

  /**
   * What the text names: a jar, a directory of jars or classes, a built checkout of this project,
   * or a revision of the repository in the current directory, which is built if it was not before.
   *
   * @throws IllegalArgumentException if it is none of these; the message says what was tried
   */
  static Side resolve(String text) throws IOException {
    Path path = Path.of(text);
    if (Files.isRegularFile(path)) {
      return new Side(text, List.of(path.toAbsolutePath()));
    }
    return Files.isDirectory(path)
        ? directory(text, path.toAbsolutePath().normalize())
        : directory(text, Revision.built(text));
  }

  /** The class path as text. */
  List<String> entries() {
    return classPath.stream().map(Path::toString).toList();
  }

  private static Side directory(String name, Path directory) throws IOException {
    Path classes = directory.resolve("runtime/target/classes");
    if (Files.isDirectory(classes)) {
      return new Side(name, checkout(directory));
    }
    List<Path> path = new ArrayList<>();
    try (Stream<Path> files = Files.list(directory)) {
      files.filter(f -> f.toString().endsWith(".jar")).sorted().forEach(path::add);
    }
    if (path.isEmpty()) {
      path.add(directory);
    }
    return new Side(name, path);
  }

  private static List<Path> checkout(Path directory) throws IOException {
    List<Path> path = new ArrayList<>();
    for (String module : MODULES) {
      path.add(directory.resolve(module).resolve("target/classes"));
    }
    Path written = directory.resolve("bench/target/classpath");
    String rest =
        Files.isReadable(written)
            ? Files.readString(written)
            : System.getProperty("java.class.path"); // the same libraries, most probably
    for (String entry : rest.strip().split(File.pathSeparator, -1)) {
      if (entry.endsWith(".jar") && new File(entry).getName().startsWith("jna-")) {
        path.add(Path.of(entry));
      }
    }
    return path;
  }
}
