package dev.tilewright;

/**
 * What a model may ask for.
 *
 * @param externalData whether tensors may be in other files of the model's folder; off unless asked
 *     for, since a model could name any file there
 * @param sessionBytes native memory in bytes that one session may take: intermediates, workspaces
 *     and weights that the model computes, of all executions and stages that are kept ready
 */
public record LoadOptions(boolean externalData, long sessionBytes) {
  public LoadOptions {
    if (sessionBytes < 1) {
      throw new IllegalArgumentException("sessionBytes must be positive, not " + sessionBytes);
    }
  }

  /** One file; as much memory as the JVM may have for its heap. */
  public static LoadOptions defaults() {
    return new LoadOptions(false, Runtime.getRuntime().maxMemory());
  }

  public LoadOptions externalData(boolean with) {
    return new LoadOptions(with, sessionBytes);
  }

  public LoadOptions sessionBytes(long with) {
    return new LoadOptions(externalData, with);
  }
}
