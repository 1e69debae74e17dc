package dev.tilewright.kernel;

/**
 * An operation with everything fixed but its memory: algorithm and tile chosen, weights packed.
 *
 * <p>Immutable; sessions share it. Binding it to memory gives a {@link Task}, once per session.
 */
@FunctionalInterface
public interface Kernel {
  Task bind(Operands operands);

  /** Scratch bytes each worker needs; its contents are undefined before and after a run. */
  default long workspaceBytes() {
    return 0;
  }

  /**
   * Whether the tensors may be channel slices (row stride larger than a row). If not, the planner
   * gives dense ones.
   */
  default boolean acceptsStridedRows() {
    return false;
  }
}
