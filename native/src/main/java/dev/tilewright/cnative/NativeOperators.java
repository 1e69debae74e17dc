package dev.tilewright.cnative;

import dev.tilewright.cnative.Loops.Loop;
import dev.tilewright.graph.Op;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.op.AxisGeometry;
import dev.tilewright.op.OpProblem;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.TensorType;
import dev.tilewright.tensor.View;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The operators that the C library computes, and for which shapes: a float32 operator becomes loops
 * over its tensors, written once to an argument block. Unlike kernels in Java they are as fast on
 * their first run as on any other.
 */
final class NativeOperators {
  /** How an operator is written down for C once its memory is known. */
  @FunctionalInterface
  interface Binder {
    Task bind(Operands operands, Isa limit);
  }

  /**
   * @param overwritable inputs that the result may be written over: the first so many
   */
  record Prepared(Binder binder, boolean acceptsStridedRows, int overwritable, Isa limit)
      implements Kernel {
    @Override
    public Task bind(Operands operands) {
      return binder.bind(operands, limit);
    }

    @Override
    public boolean mayOverwrite(int input) {
      return input < overwritable;
    }
  }

  /** What localnorm has room for. */
  private static final int MOST_SQUARES = 65;

  private NativeOperators() {}

  /** A kernel that uses no instruction set above the limit. */
  static Optional<Kernel> kernel(OpProblem problem, Isa limit) {
    TensorType out = problem.out().getFirst();
    boolean fits =
        out.shape().elements() > 0
            && out.shape().rank() <= OperatorArguments.MOST_LOOPS
            && problem.in().stream()
                .allMatch(t ->
                    t.shape().elements() > 0 && t.shape().rank() <= OperatorArguments.MOST_LOOPS);
    if (!fits) {
      return Optional.empty();
    }
    Optional<Binder> moved = NativeMoves.binder(problem);
    if (moved.isPresent()) {
      return Optional.of(new Prepared(moved.get(), NativeMoves.acceptsStrided(problem), 0, limit));
    }
    if (problem.op() instanceof Op.Attention attention) {
      return Optional.of(NativeAttention.of(problem, attention, limit));
    }
    if (problem.op() instanceof Op.RoiAlign align) {
      return NativeRoiAlign.of(problem, align, limit);
    }
    if (!problem.in().stream().allMatch(t -> t.dtype() == DType.FLOAT32)
        || out.dtype() != DType.FLOAT32) {
      return Optional.empty();
    }
    if (problem.op() instanceof Op.Elementwise elementwise) {
      return NativeElementwise.of(problem, elementwise, limit);
    }
    if (problem.op() instanceof Op.Reduce reduce) {
      return NativeReductions.of(problem, List.of(reduce), limit);
    }
    if (problem.op() instanceof Op.Reductions several) {
      return NativeReductions.of(problem, several.each(), limit);
    }
    Optional<Binder> binder =
        switch (problem.op()) {
          case Op.Activate(var activation) -> Optional.of(map(ActivationCode.of(activation)));
          case Op.Unary(var function) -> unary(function).map(NativeOperators::map);
          case Op.Binary(var function) -> binary(function);
          case Op.Softmax(int axis) -> Optional.of(softmax(axis));
          case Op.LayerNorm(float epsilon) -> Optional.of(layerNorm(epsilon));
          case Op.LocalNorm norm -> localNorm(norm);
          case Op.MatMul m -> // one loop more than dimensions
              out.shape().rank() < OperatorArguments.MOST_LOOPS
                  ? Optional.of(matMul())
                  : Optional.empty();
          case Op.Pool pool -> Optional.of(NativeImages.pool(pool));
          case Op.Resize resize -> NativeImages.resize(resize, problem.in().getFirst().shape());
          case Op.Pad pad -> NativeMoves.pad(pad, out.shape());
          case Op.GridSample sample -> Optional.of(NativeImages.gridSample(sample));
          default -> Optional.empty();
        };
    boolean strided = !(problem.op() instanceof Op.Softmax s) || s.axis() >= out.shape().rank() - 2;
    return binder.map(b -> new Prepared(b, strided, overwritable(problem.op()), limit));
  }

  /** Those that read each element, or each row, before they write it. */
  private static int overwritable(Op op) {
    return switch (op) {
      case Op.Activate a -> 1;
      case Op.Unary u -> 1;
      case Op.Binary b -> 2;
      case Op.Softmax s -> 1;
      case Op.LayerNorm n -> 1;
      default -> 0;
    };
  }

  /** As family {@code map} numbers it. */
  static Optional<ActivationCode> unary(Op.UnaryFunction function) {
    int code =
        switch (function) {
          case SQRT -> 32;
          case EXP -> 33;
          case ERF -> 34;
          case ABS -> 35;
          case NEG -> 36;
          case RECIPROCAL -> 37;
          default -> 0;
        };
    return code == 0 ? Optional.empty() : Optional.of(new ActivationCode(code, 0, 0));
  }

  private static Binder map(ActivationCode code) {
    return (operands, limit) -> {
      View dst = operands.out().getFirst();
      View src = operands.in().getFirst();
      return new OperatorArguments("map", code.kind(), limit, operands.arena())
          .parameters(code.a(), code.b())
          .tensors(operands)
          .loops(Loops.of(dst.shape(), dst.strides(), src.strides()))
          .bind();
    };
  }

  /** As family {@code binary} numbers it; negative if that does not have it. */
  static int code(Op.BinaryFunction function) {
    return switch (function) {
      case ADD -> 0;
      case SUB -> 1;
      case MUL -> 2;
      case DIV -> 3;
      case MIN -> 4;
      case MAX -> 5;
      case MOD, REMAINDER, POW, EQUAL, LESS, GREATER, AND, OR -> -1;
    };
  }

  private static Optional<Binder> binary(Op.BinaryFunction function) {
    int code = code(function);
    Binder binder =
        (operands, limit) -> {
          View dst = operands.out().getFirst();
          Shape all = dst.shape();
          return new OperatorArguments("binary", code, limit, operands.arena())
              .tensors(operands)
              .loops(
                  Loops.of(
                      all,
                      dst.strides(),
                      operands.in().get(0).strides(all),
                      operands.in().get(1).strides(all)))
              .bind();
        };
    return code < 0 ? Optional.empty() : Optional.of(binder);
  }

  private static Binder softmax(int axis) {
    return (operands, limit) -> {
      View dst = operands.out().getFirst();
      View src = operands.in().getFirst();
      boolean rows = axis == dst.shape().rank() - 1;
      return new OperatorArguments("softmax", 0, limit, operands.arena())
          .tensors(operands)
          .loops(rows ? rows(dst, src) : columns(dst, src, axis))
          .bind();
    };
  }

  /**
   * What is before an axis, the axis, and all behind it; rows are strided only if they are that.
   */
  private static List<Loop> columns(View dst, View src, int axis) {
    AxisGeometry g = AxisGeometry.of(dst.shape(), axis);
    long to = g.step(dst);
    long from = g.step(src);
    return List.of(
        new Loop(g.outer(), g.along() * to, g.along() * from),
        new Loop(g.along(), to, from),
        new Loop(g.inner(), 4, 4));
  }

  private static Binder layerNorm(float epsilon) {
    return (operands, limit) -> {
      View dst = operands.out().getFirst();
      View src = operands.in().getFirst();
      return new OperatorArguments("layernorm", 0, limit, operands.arena())
          .parameters(epsilon, 0)
          .tensors(dst.address(), src.address(), operands.in().get(1).address())
          .tableAt(operands.in().get(2).address())
          .loops(rows(dst, src))
          .bind();
    };
  }

  /** As family {@code localnorm} numbers exponents; other ones it does not have. */
  private static Optional<Binder> localNorm(Op.LocalNorm norm) {
    int exponent = norm.beta() == 0.5f ? 0 : norm.beta() == 0.75f ? 1 : -1;
    Binder binder =
        (operands, limit) -> {
          View dst = operands.out().getFirst();
          View src = operands.in().getFirst();
          return new OperatorArguments("localnorm", exponent, limit, operands.arena())
              .parameters(norm.alpha() / norm.size(), norm.bias())
              .tensors(operands)
              .extra((norm.size() - 1) / 2, norm.size() / 2)
              .loops(rows(dst, src))
              .bind();
        };
    return exponent < 0 || norm.size() > MOST_SQUARES ? Optional.empty() : Optional.of(binder);
  }

  /** Rows, then columns. */
  private static List<Loop> rows(View dst, View src) {
    return List.of(
        new Loop(dst.rows(), 4 * dst.rowStride(), 4 * src.rowStride()),
        new Loop(dst.columns(), 4, 4));
  }

  private static Binder matMul() {
    return (operands, limit) -> {
      View a = operands.in().get(0);
      View b = operands.in().get(1);
      View dst = operands.out().getFirst();
      Shape shape = dst.shape();
      int last = shape.rank() - 1;
      long[] right = b.strides(shape);
      right[last - 1] = 0; // every row of a meets the same b
      long[] left = a.strides(shape);
      long[] to = dst.strides();
      Shape batches = new Shape(shape.dims().subList(0, last - 1));
      List<Loop> loops = new ArrayList<>();
      for (int i = 0; i < batches.rank(); i++) {
        loops.add(new Loop(batches.dim(i), to[i], left[i], right[i]));
      }
      loops.add(new Loop(shape.dim(last - 1), 4 * dst.rowStride(), 4 * a.rowStride(), 0));
      // One b for all: the batches are more rows.
      List<Loop> rows = new ArrayList<>(Loops.merge(loops, 3));
      if (rows.getLast().strides()[2] != 0) {
        rows.add(new Loop(1, 4 * dst.rowStride(), 4 * a.rowStride(), 0));
      }
      rows.add(new Loop(a.columns(), 0, 4, 4 * b.rowStride()));
      rows.add(new Loop(dst.columns(), 4, 0, 4));
      return new OperatorArguments("matmul", 0, limit, operands.arena())
          .tensors(operands)
          .loops(rows)
          .bind();
    };
  }
}
