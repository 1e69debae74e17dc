package dev.tilewright.cnative;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.tilewright.cnative.Loops.Loop;
import dev.tilewright.conv.Activation;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.Elementwise.Step;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.op.OpProblem;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.TensorType;
import dev.tilewright.tensor.View;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Joined operators in C: no code is made for them, blocks of the result that stay in L1 go through
 * one operator after the other ({@code op_chain.h}).
 *
 * @param strided whether rows may have gaps
 */
record NativeElementwise(Op.Elementwise op, OpProblem problem, boolean strided, Isa limit)
    implements Kernel {
  /** CHAIN_FLOATS. */
  private static final int BLOCK_BYTES = 4 * 4096;

  /** CHAIN_BINARY. */
  private static final int BINARY = 64;

  private static final int MOST_INPUTS = 8;
  private static final int MOST_STEPS = 16;

  /** Of chain_table: an input, the first step, a step. */
  private static final long INPUT_BYTES = 8 + 8L * OperatorArguments.MOST_LOOPS;

  private static final long STEPS = 16 + MOST_INPUTS * INPUT_BYTES;
  private static final long STEP_BYTES = 24;

  /** Shorter rows would be calls more than loops. */
  private static final int LEAST_COLUMNS = 16;

  static Optional<Kernel> of(OpProblem problem, Op.Elementwise op, Isa limit) {
    TensorType out = problem.out().getFirst();
    boolean known =
        op.inputs() <= MOST_INPUTS
            && op.steps().size() <= MOST_STEPS
            && op.steps().stream().allMatch(step -> code(step.op()).isPresent());
    List<Loop> dense = loops(View.dense(0, out), dense(problem.in()));
    if (!known || !isRows(dense) || dense.getLast().size() < LEAST_COLUMNS) {
      return Optional.empty();
    }
    List<View> gapped = problem.in().stream().map(NativeElementwise::gapped).toList();
    boolean strided = isRows(loops(gapped(out), gapped));
    return Optional.of(new NativeElementwise(op, problem, strided, limit));
  }

  /** About how many vector instructions an operator is in C; empty if it has no code there. */
  static OptionalInt instructions(Op op, List<DType> in) {
    if (in.stream().anyMatch(type -> type != DType.FLOAT32) || code(op).isEmpty()) {
      return OptionalInt.empty();
    }
    return OptionalInt.of(
        switch (op) {
          case Op.Activate(var activation) ->
              switch (activation) {
                case Activation.None n -> 0;
                case Activation.Clip c -> 2;
                case Activation.LeakyRelu r -> 2;
                case Activation.HardSigmoid s -> 3;
                case Activation.HardSwish s -> 4;
                case Activation.Sigmoid s -> 25;
                case Activation.Silu s -> 25;
                case Activation.Tanh t -> 40;
                case Activation.Gelu g -> 40;
              };
          case Op.Unary(Op.UnaryFunction f) ->
              switch (f) {
                case EXP -> 20;
                case ERF -> 50;
                default -> 2;
              };
          default -> 1;
        });
  }

  /** As {@code op_chain.h} numbers it; empty if it does not. */
  private static Optional<ActivationCode> code(Op op) {
    return switch (op) {
      case Op.Activate(var activation) -> Optional.of(ActivationCode.of(activation));
      case Op.Unary(var function) -> NativeOperators.unary(function);
      case Op.Binary(var function) ->
          Optional.of(NativeOperators.code(function))
              .filter(code -> code >= 0)
              .map(code -> new ActivationCode(BINARY + code, 0, 0));
      default -> Optional.empty();
    };
  }

  private static List<View> dense(List<TensorType> in) {
    return in.stream().map(t -> View.dense(0, t)).toList();
  }

  /** Like a channel slice of a wider tensor. */
  private static View gapped(TensorType type) {
    return new View(0, type, type.shape().rank() == 0 ? 1 : type.shape().last() + 1L);
  }

  private static List<Loop> loops(View dst, List<View> in) {
    Shape all = dst.shape();
    long[][] strides = new long[1 + in.size()][];
    strides[0] = dst.strides();
    for (int i = 0; i < in.size(); i++) {
      strides[i + 1] = in.get(i).strides(all);
    }
    return Loops.of(all, strides);
  }

  /** Whether the innermost loop steps through adjacent floats, or repeats one. */
  private static boolean isRows(List<Loop> loops) {
    long[] steps = loops.getLast().strides();
    for (long step : steps) {
      if (step != 0 && step != Float.BYTES) {
        return false;
      }
    }
    return steps[0] != 0;
  }

  @Override
  public long workspaceBytes() {
    return BLOCK_BYTES;
  }

  @Override
  public boolean acceptsStridedRows() {
    return strided;
  }

  /** A block is read before it is written, element by element. */
  @Override
  public boolean mayOverwrite(int input) {
    return problem.in().get(input).equals(problem.out().getFirst());
  }

  @Override
  public Task bind(Operands operands) {
    View dst = operands.out().getFirst();
    List<Loop> loops = loops(dst, operands.in());
    List<Loop> own = new ArrayList<>();
    loops.forEach(loop -> own.add(new Loop(loop.size(), loop.strides()[0])));
    OperatorArguments arguments =
        new OperatorArguments("chain", 0, limit, operands.arena())
            .tensors(dst.address())
            .loops(own)
            .workspace(operands);
    MemorySegment table = arguments.table(STEPS + MOST_STEPS * STEP_BYTES);
    table.set(JAVA_LONG, 0, op.inputs());
    table.set(JAVA_LONG, 8, op.steps().size());
    for (int i = 0; i < op.inputs(); i++) {
      long at = 16 + i * INPUT_BYTES;
      table.set(JAVA_LONG, at, operands.in().get(i).address());
      for (int loop = 0; loop < loops.size(); loop++) {
        table.set(JAVA_LONG, at + 8 + 8L * loop, loops.get(loop).strides()[i + 1]);
      }
    }
    for (int i = 0; i < op.steps().size(); i++) {
      write(op.steps().get(i), table.asSlice(STEPS + i * STEP_BYTES, STEP_BYTES));
    }
    return arguments.bind();
  }

  private static void write(Step step, MemorySegment to) {
    ActivationCode code = code(step.op()).orElseThrow();
    to.set(JAVA_INT, 0, code.kind());
    to.set(JAVA_INT, 4, step.operands().getFirst());
    to.set(JAVA_INT, 8, step.operands().getLast());
    to.set(JAVA_FLOAT, 12, code.a());
    to.set(JAVA_FLOAT, 16, code.b());
  }
}
