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
  /** Of the pairs of lines that are fetched together. */
  private static final long ALIGNMENT = 256;

  /**
   * Bytes between the scratch of two workers. A core that walks over the planes of its own fetches
   * the next ones, and past the last plane those are its neighbour's, which then waits for what it
   * has just written: F(4x4) 64 to 64 channels 56x56 on two threads, 244 us without a gap, 237 with
   * 8 KB, 209 with 32 KB, 197 with 48 KB and more (Zen 5, planes of 3.5 KB).
   */
  private static final long GAP = 64 * 1024;

  public Operands {
    in = List.copyOf(in);
    out = List.copyOf(out);
  }

  /**
   * Bytes from one worker's scratch to the next.
   *
   * @param workspaceBytes what each needs
   */
  public static long workspaceStride(long workspaceBytes) {
    return workspaceBytes == 0 ? 0 : Math.ceilDiv(workspaceBytes, ALIGNMENT) * ALIGNMENT + GAP;
  }

  /** Bytes of the scratch of all workers. */
  public static long workspaceBytes(long workspaceBytes, int workers) {
    return Math.max(0, workspaceStride(workspaceBytes) * workers - GAP);
  }

  /** Address of the scratch of one worker. */
  public long workspace(int worker) {
    return workspace + worker * workspaceStride;
  }
}
