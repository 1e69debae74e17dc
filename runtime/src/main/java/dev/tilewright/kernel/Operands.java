package dev.tilewright.kernel;

import dev.tilewright.tensor.View;
import java.lang.foreign.Arena;
import java.util.List;

/**
 * The memory of one step in one session.
 *
 * @param in inputs in the order of the node; constants included
 * @param out outputs; what they held before is undefined. They overlap no input, but for the only
 *     output of a step, which may lie exactly where an input does that its kernel may overwrite
 *     ({@link Kernel#mayOverwrite})
 * @param workspace address of worker 0's scratch, 64-byte aligned; 0 if none was asked for
 * @param workspaceStride bytes from one worker's scratch to the next
 * @param arena lives as long as the session: for argument blocks
 */
public record Operands(
    List<View> in, List<View> out, long workspace, long workspaceStride, Arena arena) {
  public Operands {
    in = List.copyOf(in);
    out = List.copyOf(out);
  }

  /** Address of the scratch of one worker. */
  public long workspace(int worker) {
    return workspace + worker * workspaceStride;
  }
}
