package dev.tilewright.tensor;

import java.lang.foreign.MemorySegment;

/**
 * All of native memory as one segment, so that a kernel can work on addresses.
 *
 * <p>Reinterpreting is a restricted operation: start java with {@code
 * --enable-native-access=ALL-UNNAMED} (or the module's name) to avoid the JDK's warning.
 */
public final class Memory {
  /** Offset in this segment = address. Nothing checks it: only kernels use it. */
  public static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

  private Memory() {}
}
