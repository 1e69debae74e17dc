package dev.tilewright;

/**
 * How a session runs.
 *
 * @param threads that work on one run, the caller's included; at least 1
 * @param backend {@code auto}, or the name of the only backend to use: {@code vector}, {@code
 *     native}, {@code reference}
 */
public record SessionOptions(int threads, String backend) {
  public SessionOptions {
    if (threads < 1 || threads > 256) {
      throw new IllegalArgumentException("threads must be 1 to 256, not " + threads);
    }
  }

  /** One thread per usable processor, whatever backend is fastest. */
  public static SessionOptions defaults() {
    return new SessionOptions(Math.min(256, Runtime.getRuntime().availableProcessors()), "auto");
  }

  public SessionOptions threads(int with) {
    return new SessionOptions(with, backend);
  }

  public SessionOptions backend(String with) {
    return new SessionOptions(threads, with);
  }
}
