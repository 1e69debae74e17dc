package dev.tilewright;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What a model may ask for, and where its packed weights are kept.
 *
 * @param externalData whether tensors may be in other files of the model's folder; off unless asked
 *     for, since a model could name any file there
 * @param sessionBytes native memory in bytes that one session may take: intermediates, workspaces
 *     and weights that the model computes, of all executions and stages that are kept ready
 * @param packedCache a file for the plan and the packed weights of the model's latest session, read
 *     by the next process and written if it is missing or of something else; null for none. It is
 *     to be written by nobody but the user. Not used for models in memory, with external data, or
 *     in several stages
 */
public record LoadOptions(boolean externalData, long sessionBytes, @Nullable Path packedCache) {
  public LoadOptions {
    if (sessionBytes < 1) {
      throw new IllegalArgumentException("sessionBytes must be positive, not " + sessionBytes);
    }
  }

  /** One file; as much memory as the JVM may have for its heap; no cache. */
  public static LoadOptions defaults() {
    return new LoadOptions(false, Runtime.getRuntime().maxMemory(), null);
  }

  public LoadOptions externalData(boolean with) {
    return new LoadOptions(with, sessionBytes, packedCache);
  }

  public LoadOptions sessionBytes(long with) {
    return new LoadOptions(externalData, with, packedCache);
  }

  public LoadOptions packedCache(@Nullable Path with) {
    return new LoadOptions(externalData, sessionBytes, with);
  }
}
