package dev.tilewright.bench;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;

/**
 * A program that does nothing, on one core, for as long as its standard input is open: the
 * background load of a measurement. It is a process of its own because timers here wait until their
 * own process is idle.
 */
public final class BusyCore {
  private BusyCore() {}

  public static Process start() throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+UseSerialGC",
            "-Xmx16m",
            "-cp",
            System.getProperty("java.class.path"),
            BusyCore.class.getName())
        .redirectErrorStream(true)
        .start();
  }

  public static void main(String[] args) throws IOException {
    Thread.ofPlatform().daemon().start(BusyCore::spin);
    // The end of input: whoever started it has gone.
    System.in.transferTo(OutputStream.nullOutputStream());
  }

  private static void spin() {
    while (!Thread.currentThread().isInterrupted()) {
      Thread.onSpinWait();
    }
  }
}
