package dev.tilewright.cnative;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.tilewright.conv.ConvProblem;
import dev.tilewright.conv.ConvShape;
import dev.tilewright.kernel.Operands;
import dev.tilewright.tensor.View;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Writes tw_problem and tw_args of tilewright.h, field by field in the order of the header. */
final class NativeArguments {
  /** TW_MOST_TUNABLES. */
  static final int MOST_TUNABLES = 4;

  static final int PROBLEM_BYTES = 32 * 4;
  private static final int ARGS_BYTES = PROBLEM_BYTES + 9 * 8 + 14 * 4;

  /** What tw_struct_bytes returns if C laid the structs out as this class does. */
  static final int STRUCT_BYTES = PROBLEM_BYTES << 16 | ARGS_BYTES;

  private final MemorySegment memory;
  private long at;

  private NativeArguments(MemorySegment memory) {
    this.memory = memory;
  }

  /**
   * tw_problem.
   *
   * @param tile values of the kernel's tunable parameters in its order, at most {@link
   *     #MOST_TUNABLES}; 0 or absent: its own choice
   */
  static MemorySegment problem(ConvProblem problem, Isa limit, int[] tile, Arena arena) {
    MemorySegment memory = arena.allocate(PROBLEM_BYTES, 8);
    new NativeArguments(memory).putProblem(problem, limit, tile);
    return memory;
  }

  /** tw_args, of which tw_bind fills the rest. Lives as long as the arena of the operands. */
  static MemorySegment args(MemorySegment problem, int kernel, long packed, Operands operands) {
    MemorySegment memory = operands.arena().allocate(ARGS_BYTES, 64);
    memory.copyFrom(problem);
    NativeArguments writer = new NativeArguments(memory);
    writer.at = PROBLEM_BYTES;
    View src = operands.in().getFirst();
    @Nullable View residual = operands.in().size() > 1 ? operands.in().get(1) : null;
    View dst = operands.out().getFirst();
    writer.longs(
        src.address(),
        residual == null ? 0 : residual.address(),
        dst.address(),
        src.rowStride(),
        residual == null ? 0 : residual.rowStride(),
        dst.rowStride(),
        packed,
        operands.workspace(),
        operands.workspaceStride());
    writer.ints(kernel);
    return memory;
  }

  private void putProblem(ConvProblem problem, Isa limit, int[] tile) {
    ConvShape s = problem.shape();
    ints(s.batch(), s.groups(), s.inChannels(), s.outChannels());
    sizes(s.in(), s.kernel(), s.stride(), s.dilation());
    ints(s.pad().top(), s.pad().left(), s.pad().bottom(), s.pad().right());
    sizes(s.out());
    ints(0, 0, 0); // src, filter and dst are TW_FLOAT32
    ints(problem.epilogue().residual() ? 1 : 0);
    ActivationCode activation = ActivationCode.of(problem.epilogue().activation());
    ints(activation.kind());
    memory.set(JAVA_FLOAT, at, activation.a());
    memory.set(JAVA_FLOAT, at + 4, activation.b());
    at += 8;
    ints(problem.threads(), limit.code);
    ints(Arrays.copyOf(tile, MOST_TUNABLES));
  }

  private void sizes(ConvShape.Size... sizes) {
    for (ConvShape.Size size : sizes) {
      ints(size.height(), size.width());
    }
  }

  private void ints(int... values) {
    for (int value : values) {
      memory.set(JAVA_INT, at, value);
      at += 4;
    }
  }

  private void longs(long... values) {
    for (long value : values) {
      memory.set(JAVA_LONG, at, value);
      at += 8;
    }
  }
}
