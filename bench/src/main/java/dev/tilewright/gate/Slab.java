package dev.tilewright.gate;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Memory that both sides use, one after the other: buffers of their own would differ by where they
 * happen to lie, several percent. An arena that hands it out from the start; it is not freed.
 */
final class Slab implements Arena {
  private final MemorySegment memory;
  private long used;

  Slab(MemorySegment memory) {
    this.memory = memory;
  }

  @Override
  public synchronized MemorySegment allocate(long bytes, long alignment) {
    long from = Math.ceilDiv(used, alignment) * alignment;
    if (from + bytes > memory.byteSize()) {
      throw new IllegalArgumentException(
          "needs more than the " + memory.byteSize() + " bytes that both sides share");
    }
    used = from + bytes;
    return memory.asSlice(from, bytes).fill((byte) 0); // as of every arena: pixels outside read it
  }

  /** Bytes handed out so far, from the start of the memory. */
  synchronized long used() {
    return used;
  }

  @Override
  public MemorySegment.Scope scope() {
    return memory.scope();
  }

  @Override
  public void close() {}
}
