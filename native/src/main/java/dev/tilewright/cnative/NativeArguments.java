package dev.tilewright.cnative;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.tilewright.conv.ConvProblem;
import dev.tilewright.conv.ConvShape;
import dev.tilewright.conv.FilterSum;
import dev.tilewright.kernel.Operands;
import dev.tilewright.tensor.View;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Writes tw_problem and tw_args of tilewright.h, field by field in the order of the header: into an
 * array, and from there at once. To set each field in memory takes an interpreter 3 us.
 */
final class NativeArguments {
  /** TW_MOST_TUNABLES. */
  static final int MOST_TUNABLES = 4;

  private static final int PROBLEM_INTS = 36;
  static final int PROBLEM_BYTES = PROBLEM_INTS * 4;
  private static final int ARGS_LONGS = 11;
  private static final int ARGS_BYTES = PROBLEM_BYTES + ARGS_LONGS * 8 + 14 * 4;

  /** What tw_struct_bytes returns if C laid the structs out as this class does. */
  static final int STRUCT_BYTES = PROBLEM_BYTES << 16 | ARGS_BYTES;

  private final int[] words = new int[PROBLEM_INTS];
  private int at;

  private NativeArguments() {}

  /**
   * tw_problem.
   *
   * @param tile values of the kernel's tunable parameters in its order, at most {@link
   *     #MOST_TUNABLES}; 0 or absent: its own choice
   */
  static MemorySegment problem(ConvProblem problem, Isa limit, int[] tile, Arena arena) {
    return problem(problem, limit, tile, null, arena);
  }

  /**
   * tw_problem.
   *
   * @param sum that the filter is, or null
   */
  static MemorySegment problem(
      ConvProblem problem, Isa limit, int[] tile, @Nullable FilterSum sum, Arena arena) {
    NativeArguments writer = new NativeArguments();
    writer.putProblem(problem, limit, tile);
    if (sum != null) {
      writer.ints(sum.experts(), sum.images(), sum.parts(), sum.ownRows() ? 1 : 0);
    }
    MemorySegment memory = arena.allocate(PROBLEM_BYTES, 8);
    MemorySegment.copy(writer.words, 0, memory, JAVA_INT, 0, PROBLEM_INTS);
    return memory;
  }

  /**
   * tw_args, of which tw_bind fills the rest. Lives as long as the arena of the operands.
   *
   * @param sum whether the second operand is the factors of a sum of filters
   */
  static MemorySegment args(
      MemorySegment problem, int kernel, long packed, boolean sum, Operands operands) {
    MemorySegment memory = operands.arena().allocate(ARGS_BYTES, 64);
    memory.copyFrom(problem);
    View src = operands.in().getFirst();
    @Nullable View factors = sum ? operands.in().get(1) : null;
    int before = sum ? 2 : 1;
    @Nullable View residual = operands.in().size() > before ? operands.in().get(before) : null;
    View dst = operands.out().getFirst();
    long[] fields = {
      src.address(),
      residual == null ? 0 : residual.address(),
      dst.address(),
      src.rowStride(),
      residual == null ? 0 : residual.rowStride(),
      dst.rowStride(),
      packed,
      factors == null ? 0 : factors.address(),
      factors == null ? 0 : factors.rowStride(),
      operands.workspace(),
      operands.workspaceStride()
    };
    MemorySegment.copy(fields, 0, memory, JAVA_LONG, PROBLEM_BYTES, ARGS_LONGS);
    memory.set(JAVA_INT, PROBLEM_BYTES + ARGS_LONGS * 8L, kernel);
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
    ints(Float.floatToRawIntBits(activation.a()), Float.floatToRawIntBits(activation.b()));
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
      words[at++] = value;
    }
  }
}
