package dev.tilewright.cnative;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.tilewright.cnative.Loops.Loop;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes tw_op_args of tilewright.h: the fields that Java fills, at their offsets. The block lives
 * as long as the session.
 */
final class OperatorArguments {
  /** Loops that the block has room for. */
  static final int MOST_LOOPS = 8;

  private static final int TENSORS = 3;
  private static final int FUNCTION = 4;
  private static final int ISA = 8;
  private static final int RANK = 12;
  private static final int A = 16;
  private static final int ELEMENT_BYTES = 24;
  private static final int DST = 48;
  private static final int IN = 56;
  private static final int TABLE = 72;
  private static final int SIZE = 80;
  private static final int STRIDE = SIZE + MOST_LOOPS * 8;
  private static final int EXTRA = STRIDE + TENSORS * MOST_LOOPS * 8;
  private static final int WORKSPACE = EXTRA + 16 * 8;

  /** What tw_op_struct_bytes returns if C laid the struct out as this class does. */
  static final int BYTES = WORKSPACE + 2 * 8;

  /** Rows of the C table; read only once the library is connected. */
  private static final class Families {
    static final Map<String, Integer> ROWS = rows();

    private static Map<String, Integer> rows() {
      Map<String, Integer> rows = new HashMap<>();
      for (int i = 0; i < CLibrary.tw_op_count(); i++) {
        rows.put(CLibrary.tw_op_name(i), i);
      }
      return rows;
    }
  }

  private final MemorySegment memory;
  private final Arena arena;

  /**
   * @param family row of the C table
   */
  OperatorArguments(String family, int function, Isa limit, Arena arena) {
    Integer row = Families.ROWS.get(family);
    if (row == null) {
      throw new IllegalStateException("the C library has no operators called " + family);
    }
    this.arena = arena;
    memory = arena.allocate(BYTES, 64);
    memory.set(JAVA_INT, 0, row);
    memory.set(JAVA_INT, FUNCTION, function);
    memory.set(JAVA_INT, ISA, limit.code);
  }

  OperatorArguments parameters(float a, float b) {
    memory.set(JAVA_FLOAT, A, a);
    memory.set(JAVA_FLOAT, A + 4, b);
    return this;
  }

  /** Addresses of the first elements. */
  OperatorArguments tensors(long dst, long... in) {
    memory.set(JAVA_LONG, DST, dst);
    for (int i = 0; i < in.length; i++) {
      memory.set(JAVA_LONG, IN + 8L * i, in[i]);
    }
    return this;
  }

  /** All tensors of the step. */
  OperatorArguments tensors(Operands operands) {
    return tensors(
        operands.out().getFirst().address(),
        operands.in().stream().mapToLong(view -> view.address()).toArray());
  }

  OperatorArguments elementBytes(int bytes) {
    memory.set(JAVA_INT, ELEMENT_BYTES, bytes);
    return this;
  }

  /** Loops whose tensors are dst, in[0], in[1]. */
  OperatorArguments loops(List<Loop> loops) {
    memory.set(JAVA_INT, RANK, loops.size());
    for (int i = 0; i < loops.size(); i++) {
      Loop loop = loops.get(i);
      memory.set(JAVA_LONG, SIZE + 8L * i, loop.size());
      for (int t = 0; t < loop.strides().length; t++) {
        memory.set(JAVA_LONG, STRIDE + 8L * (t * MOST_LOOPS + i), loop.strides()[t]);
      }
    }
    return this;
  }

  OperatorArguments extra(long... values) {
    return extraFrom(0, values);
  }

  /** From this place on. */
  OperatorArguments extraFrom(int first, long... values) {
    for (int i = 0; i < values.length; i++) {
      memory.set(JAVA_LONG, EXTRA + 8L * (first + i), values[i]);
    }
    return this;
  }

  /** Sizes and the strides of dst, in[0], in[1], as the family says. */
  OperatorArguments sizes(long[] sizes, long[]... strides) {
    for (int i = 0; i < sizes.length; i++) {
      memory.set(JAVA_LONG, SIZE + 8L * i, sizes[i]);
    }
    for (int t = 0; t < strides.length; t++) {
      for (int i = 0; i < strides[t].length; i++) {
        memory.set(JAVA_LONG, STRIDE + 8L * (t * MOST_LOOPS + i), strides[t][i]);
      }
    }
    return this;
  }

  /** Scratch of the workers of the step. */
  OperatorArguments workspace(Operands operands) {
    memory.set(JAVA_LONG, WORKSPACE, operands.workspace());
    memory.set(JAVA_LONG, WORKSPACE + 8, operands.workspaceStride());
    return this;
  }

  /** Memory of the session that the kernel reads beside its tensors. */
  MemorySegment table(long bytes) {
    MemorySegment table = arena.allocate(bytes, 64);
    tableAt(table.address());
    return table;
  }

  /** What the kernel reads beside its tensors. */
  OperatorArguments tableAt(long address) {
    memory.set(JAVA_LONG, TABLE, address);
    return this;
  }

  Task bind() {
    return new Bound(memory.address(), CLibrary.tw_op_bind(memory.address()));
  }

  /**
   * @param args address of the argument block, in the arena of the session
   */
  private record Bound(long args, int parts) implements Task {
    @Override
    public void run(int from, int to, int worker) {
      CLibrary.tw_op_run(args, from, to, worker);
    }
  }
}
