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

  /** Bytes that every session packs weights into: none unless the model computes them. */
  default long packedBytes() {
    return 0;
  }

  /**
   * Whether the tensors may be channel slices (row stride larger than a row). If not, the planner
   * gives dense ones.
   */
  default boolean acceptsStridedRows() {
    return false;
  }

  /**
   * Whether the output may lie exactly where this input does: same address, type and row stride,
   * strided rows included. Every element of the input must then be read before, and not after, any
   * thread writes the one in its place. If not, the planner gives them memory of their own.
   *
   * @param input index into the operands of the step
   */
  default boolean mayOverwrite(int input) {
    return false;
  }
}
