package dev.tilewright.plan;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Gives out the same memory again and again, to users that ask for the same sizes in the same order
 * and are not done at once. What they find in it is what the one before left.
 */
final class SameMemory implements Arena {
  private final Arena arena;
  private final List<MemorySegment> given = new ArrayList<>();
  private int next;

  /**
   * @param arena owns the memory
   */
  SameMemory(Arena arena) {
    this.arena = arena;
  }

  /** The next user begins. */
  void rewind() {
    next = 0;
  }

  @Override
  public MemorySegment allocate(long bytes, long alignment) {
    if (next == given.size()) {
      given.add(arena.allocate(bytes, alignment));
    }
    MemorySegment same = given.get(next++);
    if (same.byteSize() != bytes) {
      throw new IllegalStateException(same.byteSize() + " bytes, then " + bytes);
    }
    return same;
  }

  @Override
  public MemorySegment.Scope scope() {
    return arena.scope();
  }

  /** The arena is closed by who made it. */
  @Override
  public void close() {
    throw new UnsupportedOperationException("the memory belongs to another arena");
  }
}
