package dev.tilewright;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.Collectors;

/** A JVM with flags and an environment of its own, for what the first use decides for good. */
public final class ChildJvm {
  private ChildJvm() {}

  /**
   * What it left behind.
   *
   * @param output standard output and error
   */
  public record Result(int code, String output) {
    public String lastLine() {
      return output.lines().reduce("", (a, b) -> b);
    }
  }

  /** Runs the class in this JVM's class path to its end. */
  public static Result run(
      Map<String, String> environment, List<String> flags, Class<?> main, List<String> arguments)
      throws IOException, InterruptedException {
    return run(List.of(), environment, flags, main, arguments);
  }

  /**
   * The same under another command.
   *
   * @param prefix the command, to which java's command line is appended
   */
  public static Result run(
      List<String> prefix,
      Map<String, String> environment,
      List<String> flags,
      Class<?> main,
      List<String> arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(prefix);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(flags);
    command.add("--enable-native-access=ALL-UNNAMED");
    command.addAll(List.of("-cp", classPath(), main.getName()));
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment);
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Result(process.waitFor(), output.strip());
  }

  /** Some launchers of tests load them by a class path of their own. */
  private static String classPath() {
    String path = System.getProperty("java.class.path");
    return ChildJvm.class.getClassLoader() instanceof URLClassLoader own
        ? Arrays.stream(own.getURLs())
                .map(url -> Path.of(URI.create(url.toString())).toString())
                .collect(Collectors.joining(File.pathSeparator))
            + File.pathSeparator
            + path
        : path;
  }

  /** The same, beside other work. */
  public static CompletableFuture<Result> start(
      Map<String, String> environment, List<String> flags, Class<?> main, List<String> arguments) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return run(environment, flags, main, arguments);
          } catch (IOException | InterruptedException e) {
            throw new CompletionException(e);
          }
        },
        task -> Thread.ofPlatform().daemon().start(task));
  }
}
