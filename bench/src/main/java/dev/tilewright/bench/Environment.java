package dev.tilewright.bench;

import java.io.IOException;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Where figures were measured; without it they mean nothing.
 *
 * @param cpu model name, as the system tells it
 * @param processors usable by this process
 * @param flags of the Java virtual machine
 * @param revision of the source, or "unknown" outside a checkout
 * @param database digest of the measurements that kernels are chosen by, or "none"
 */
record Environment(
    String cpu,
    int processors,
    String os,
    String jdk,
    List<String> flags,
    String revision,
    String database) {
  private static final int DIGEST_BYTES = 8;

  /** Of what chooses kernels by no measurements. */
  static Environment here() {
    return here(null);
  }

  /**
   * @param database of measurements that kernels are chosen by, which need not exist; or null
   */
  static Environment here(@Nullable Path database) {
    return new Environment(
        cpuName(),
        Runtime.getRuntime().availableProcessors(),
        System.getProperty("os.name") + " " + System.getProperty("os.arch"),
        System.getProperty("java.vendor") + " " + Runtime.version(),
        ManagementFactory.getRuntimeMXBean().getInputArguments(),
        describe(),
        digest(database));
  }

  /** Two lines. */
  void print(PrintWriter out) {
    out.println(cpu + ", " + processors + " processors");
    out.println(jdk + ", revision " + revision);
  }

  private static String digest(@Nullable Path database) {
    if (database == null || !Files.isRegularFile(database)) {
      return "none";
    }
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(database));
      return HexFormat.of().formatHex(digest, 0, DIGEST_BYTES);
    } catch (IOException e) {
      return "unreadable: " + e.getMessage();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  private static String cpuName() {
    Path info = Path.of("/proc/cpuinfo");
    if (Files.isReadable(info)) {
      try {
        for (String line : Files.readAllLines(info)) {
          if (line.startsWith("model name")) {
            return line.substring(line.indexOf(':') + 1).strip();
          }
        }
      } catch (IOException e) {
        return "unreadable: " + e.getMessage();
      }
    }
    return System.getProperty("os.arch");
  }

  private static String describe() {
    try {
      Process git =
          new ProcessBuilder("git", "describe", "--always", "--dirty", "--tags")
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      String text = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      return git.waitFor(5, TimeUnit.SECONDS) && git.exitValue() == 0 ? text : "unknown";
    } catch (IOException e) {
      return "unknown";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "unknown";
    }
  }
}
