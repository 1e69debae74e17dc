package dev.tilewright.bench;

import dev.tilewright.tensor.Tensor;
import dev.tilewright.tuning.Contender;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Map;

/** Reads and writes memory once, as fast as the JVM can; it stays in the caches it fits in. */
final class CopyContender implements Contender {
  private static final long ALIGNMENT = 64;

  private final Arena arena = Arena.ofConfined();
  private final MemorySegment from;
  private final MemorySegment to;

  /**
   * Ready to run.
   *
   * @param bytes read and written together
   */
  CopyContender(long bytes) {
    from = arena.allocate(bytes / 2, ALIGNMENT);
    to = arena.allocate(bytes / 2, ALIGNMENT);
  }

  @Override
  public String name() {
    return "copy";
  }

  @Override
  public void run() {
    to.copyFrom(from);
  }

  @Override
  public Map<String, Tensor> outputs() {
    return Map.of();
  }

  @Override
  public void close() {
    arena.close();
  }
}
