package dev.tilewright.gate;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Starts JVMs that measure, one after the other. */
final class Forks {
  private static final int MOST_MINUTES = 10;
  private static final List<String> FLAGS =
      List.of(
          "--add-modules=jdk.incubator.vector",
          "--enable-native-access=ALL-UNNAMED",
          "-XX:+UseSerialGC",
          "-XX:-UsePerfData",
          "-Xshare:auto");

  private Forks() {}

  /** A fork ended in another way than by measuring; the message holds the end of what it said. */
  static final class ForkFailedException extends IOException {
    private static final long serialVersionUID = 1;

    ForkFailedException(String message) {
      super(message);
    }
  }

  /** The results of all benchmarks of a job, in its order. */
  static List<ForkJob.Result> run(ForkJob job) throws IOException {
    try (Scratch scratch = new Scratch()) {
      Path in = scratch.directory().resolve("job.json");
      Path out = scratch.directory().resolve("results.jsonl");
      Path log = scratch.directory().resolve("log");
      Files.writeString(in, job.toJson());
      List<String> command = new ArrayList<>();
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      command.addAll(FLAGS);
      command.addAll(
          List.of(
              "-Djava.io.tmpdir=" + scratch.directory(),
              "-cp",
              System.getProperty("java.class.path"),
              DuetFork.class.getName(),
              in.toString(),
              out.toString()));
      ProcessBuilder builder =
          new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
      builder.environment().put("TILEWRIGHT_DB", "none"); // estimates, which both sides make alike
      await(builder.start(), log);
      return Files.readAllLines(out).stream().map(ForkJob::parseResult).toList();
    }
  }

  private static void await(Process process, Path log) throws IOException {
    try {
      if (!process.waitFor(MOST_MINUTES, TimeUnit.MINUTES)) {
        process.destroyForcibly().waitFor();
        throw new ForkFailedException("a fork took more than " + MOST_MINUTES + " minutes");
      }
      if (process.exitValue() != 0) {
        List<String> lines = Files.readAllLines(log);
        throw new ForkFailedException(
            "a fork ended with code "
                + process.exitValue()
                + ": "
                + String.join("; ", lines.subList(Math.max(0, lines.size() - 8), lines.size())));
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new ForkFailedException("interrupted");
    }
  }
}
