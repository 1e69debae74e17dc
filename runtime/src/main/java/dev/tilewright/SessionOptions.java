package dev.tilewright;

import dev.tilewright.database.TuningTable;

/**
 * How a session runs.
 *
 * @param threads that work on one run, the caller's included; at least 1
 * @param backend {@code auto}, or the name of the only backend to use: {@code vector}, {@code
 *     native}, {@code reference}
 * @param tuning what was measured before; what it does not know is estimated
 */
public record SessionOptions(int threads, String backend, TuningTable tuning) {
  public SessionOptions {
    if (threads < 1 || threads > 256) {
      throw new IllegalArgumentException("threads must be 1 to 256, not " + threads);
    }
  }

  /** Without measurements. */
  public SessionOptions(int threads, String backend) {
    this(threads, backend, TuningTable.empty());
  }

  /** One thread per usable processor, whatever backend is fastest. */
  public static SessionOptions defaults() {
    return new SessionOptions(Math.min(256, Runtime.getRuntime().availableProcessors()), "auto");
  }

  public SessionOptions threads(int with) {
    return new SessionOptions(with, backend, tuning);
  }

  public SessionOptions backend(String with) {
    return new SessionOptions(threads, with, tuning);
  }

  public SessionOptions tuning(TuningTable with) {
    return new SessionOptions(threads, backend, with);
  }
}
