package dev.tilewright.gate;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/** Builds revisions of this project, each once: kept by commit below the user's cache. */
final class Revision {
  private Revision() {}

  /**
   * The checkout of a revision, built.
   *
   * @throws IllegalArgumentException if there is no such revision, or it does not build
   */
  static Path built(String revision) throws IOException {
    String commit;
    try {
      commit =
          run(Path.of(""), "git", "rev-parse", "--verify", "--quiet", revision + "^{commit}")
              .strip();
    } catch (Failed e) {
      throw new IllegalArgumentException(
          "'" + revision + "' is no jar, no directory and no revision of a repository here", e);
    }
    Path built = cache().resolve(commit);
    if (Files.isDirectory(built)) {
      return built;
    }
    Files.createDirectories(cache());
    // Under its name only when it is complete: a build that fails or is killed leaves nothing
    // there.
    Path sources = Files.createTempDirectory(cache(), "building-");
    try {
      extract(commit, sources);
      compile(sources, "runtime");
      compile(sources, "native");
      run(
          sources.resolve("native"),
          "sh",
          "build.sh",
          sources.resolve("native/target/classes").toString());
      move(sources, built);
    } catch (Failed e) {
      throw new IllegalArgumentException(
          "revision " + revision + " could not be built: " + e.getMessage(), e);
    } finally {
      Scratch.delete(sources);
    }
    return built;
  }

  /** An archive, not a worktree, which the repository would have to forget again. */
  private static void extract(String commit, Path directory) throws IOException, Failed {
    Path archive = directory.resolve("sources.zip");
    run(Path.of(""), "git", "archive", "--format=zip", "--output=" + archive, commit);
    try (ZipInputStream in = new ZipInputStream(Files.newInputStream(archive))) {
      for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
        Path file = directory.resolve(entry.getName()).normalize();
        if (!file.startsWith(directory)) {
          throw new Failed("an archive with a file outside of it: " + entry.getName());
        }
        if (entry.isDirectory()) {
          Files.createDirectories(file);
        } else {
          Files.createDirectories(Objects.requireNonNull(file.getParent()));
          Files.copy(in, file);
        }
      }
    }
    Files.delete(archive);
  }

  private static void move(Path from, Path to) throws IOException {
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      if (!Files.isDirectory(to)) { // else somebody else built the same meanwhile
        throw e;
      }
    }
  }

  /**
   * Compiles a module against the libraries of this process, without the checks of its own build:
   * they take minutes, and whether an old revision passes them does not matter here.
   */
  private static void compile(Path checkout, String module) throws IOException, Failed {
    Path sources = checkout.resolve(module).resolve("src/main/java");
    Path resources = checkout.resolve(module).resolve("src/main/resources");
    Path classes = checkout.resolve(module).resolve("target/classes");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "javac").toString());
    command.addAll(List.of("-g", "-nowarn", "-proc:none", "--add-modules", "jdk.incubator.vector"));
    command.addAll(List.of("-d", classes.toString(), "-cp"));
    command.add(
        checkout.resolve("runtime/target/classes")
            + File.pathSeparator
            + System.getProperty("java.class.path"));
    for (Path file : files(sources)) {
      if (file.toString().endsWith(".java") && !file.endsWith("module-info.java")) {
        command.add(file.toString());
      }
    }
    run(checkout, command.toArray(String[]::new));
    for (Path file : files(resources)) {
      Path copy = classes.resolve(resources.relativize(file).toString());
      Files.createDirectories(copy.getParent());
      Files.copy(file, copy, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  private static List<Path> files(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (Stream<Path> walk = Files.walk(directory)) {
      return walk.filter(Files::isRegularFile).toList();
    }
  }

  /** The name of what is checked out in a directory, or "unknown". */
  static String name(Path directory) throws IOException {
    try {
      return run(directory, "git", "describe", "--always", "--dirty", "--tags").strip();
    } catch (Failed e) {
      return "unknown";
    }
  }

  private static Path cache() {
    String configured = System.getenv("XDG_CACHE_HOME");
    return (configured == null || configured.isEmpty()
            ? Path.of(System.getProperty("user.home"), ".cache")
            : Path.of(configured))
        .resolve("tilewright")
        .resolve("gate");
  }

  private static final class Failed extends Exception {
    private static final long serialVersionUID = 1;

    Failed(String message) {
      super(message);
    }
  }

  /** Output of a command. */
  private static String run(Path directory, String... command) throws IOException, Failed {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(directory.toAbsolutePath().toFile())
            .redirectErrorStream(true);
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().put("CROSS_CC", ""); // C kernels for this machine only
    Process process = builder.start();
    try {
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (process.waitFor() != 0) {
        List<String> lines = output.strip().lines().toList();
        throw new Failed(
            String.join(" ", command)
                + ": "
                + String.join("; ", lines.subList(Math.max(0, lines.size() - 3), lines.size())));
      }
      return output;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Failed("interrupted");
    }
  }
}
