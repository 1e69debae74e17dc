package dev.tilewright.vector;

import dev.tilewright.conv.Activation;
import dev.tilewright.graph.Op.BinaryFunction;
import dev.tilewright.graph.Op.UnaryFunction;
import dev.tilewright.vector.ScalarCode.Count;
import dev.tilewright.vector.ScalarCode.Num;
import dev.tilewright.vector.VectorCode.Mask;
import dev.tilewright.vector.VectorCode.Vec;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A function of one or two values over rows of adjacent floats. Instances are generated: each
 * function is its own loop, for one that called a function object would box its vectors.
 *
 * <p>Rows that are no whole number of vectors end with one that overlaps the one before. Each
 * vector of the first operand is read before the one before it is written, so that the result may
 * be written over that operand.
 */
interface RowKernel {
  /** How the second operand of a function of two is read. */
  enum Second {
    /** As the first. */
    VECTORS,
    /** One value a row. */
    COLUMN,
    /** One value a row, which is the function's first argument. */
    REVERSED_COLUMN
  }

  /** What is computed. */
  sealed interface Function {
    record Activate(Activation activation) implements Function {}

    record Unary(UnaryFunction function) implements Function {}

    record Binary(BinaryFunction function, Second second) implements Function {}

    /** e to the power of the difference. */
    record ExpOfDifference(Second second) implements Function {}
  }

  /**
   * Computes rows. Distances are in bytes; 0 repeats a row.
   *
   * @param a address of the first operand
   * @param b address of the second; functions of one ignore it
   * @param vectors that cover a row
   * @param last offset of the last vector in a row; of rows shorter than a vector, their length
   */
  void run(
      long a, long lda, long b, long ldb, long dst, long ldd, int rows, int vectors, long last);

  /** Computes rows of n values. */
  default void apply(long a, long lda, long b, long ldb, long dst, long ldd, long rows, long n) {
    long last = n < Lanes.LENGTH ? n : 4 * (n - Lanes.LENGTH);
    run(a, lda, b, ldb, dst, ldd, (int) rows, Lanes.cover(n), last);
  }

  /** A function of one value. */
  default void map(long src, long lds, long dst, long ldd, long rows, long n) {
    apply(src, lds, src, 0, dst, ldd, rows, n);
  }

  /**
   * The kernel for an activation.
   *
   * @param columns whether rows have at least {@link Lanes#LENGTH} is what counts
   */
  static RowKernel of(Activation activation, long columns) {
    return Kernels.ALL.get(
        new Kernels.Spec(new Function.Activate(activation), columns < Lanes.LENGTH));
  }

  /** The kernel for rows of at least a vector, if this function has one. */
  static Optional<RowKernel> of(UnaryFunction function) {
    return switch (function) {
      case SQRT, EXP, ERF, ABS, NEG, RECIPROCAL ->
          Optional.of(Kernels.ALL.get(new Kernels.Spec(new Function.Unary(function), false)));
      default -> Optional.empty();
    };
  }

  /** As {@link #of(UnaryFunction)}. */
  static Optional<RowKernel> of(BinaryFunction function, Second second) {
    return switch (function) {
      case ADD, MUL, MIN, MAX -> // arguments may change places
          Optional.of(binary(function, second == Second.VECTORS ? second : Second.COLUMN));
      case SUB, DIV -> Optional.of(binary(function, second));
      case MOD, REMAINDER, POW, EQUAL, LESS, GREATER, AND, OR -> Optional.empty();
    };
  }

  /** e^(x - b); rows of at least a vector. */
  static RowKernel expOfDifference(Second second) {
    return Kernels.ALL.get(new Kernels.Spec(new Function.ExpOfDifference(second), false));
  }

  private static RowKernel binary(BinaryFunction function, Second second) {
    return Kernels.ALL.get(new Kernels.Spec(new Function.Binary(function, second), false));
  }

  /** The generated classes. */
  final class Kernels {
    /**
     * What a kernel is made for.
     *
     * @param masked rows are shorter than a vector
     */
    private record Spec(Function function, boolean masked) {}

    private static final Generated<Spec, RowKernel> ALL =
        new Generated<>(
            RowKernel.class, "rows", Kernels::emit, Kernels::exercise, (spec, depth) -> 0);

    private Kernels() {}

    private static void emit(VectorCode code, Spec spec) {
      Num lda = code.longArgument(1);
      Num ldb = code.longArgument(3);
      Num ldd = code.longArgument(5);
      Num last = code.longArgument(8);
      code.loop(
          code.intArgument(6),
          r -> {
            Num a = code.address(code.longArgument(0), r, lda);
            Num b = code.address(code.longArgument(2), r, ldb);
            Num dst = code.address(code.longArgument(4), r, ldd);
            if (spec.masked) {
              Mask mask = code.first(last);
              Vec x = code.load(a, mask);
              code.store(value(code, spec.function, x, x), dst, mask);
            } else {
              row(code, spec.function, a, b, dst, last);
            }
          });
    }

    private static void row(VectorCode code, Function function, Num a, Num b, Num dst, Num last) {
      Count vectors = code.intArgument(7);
      Num beforeLast = code.sum(last, code.number(-Lanes.BYTES));
      @Nullable Second second =
          switch (function) {
            case Function.Binary(BinaryFunction f, Second s) -> s;
            case Function.ExpOfDifference(Second s) -> s;
            case Function.Activate f -> null;
            case Function.Unary f -> null;
          };
      boolean column = second != null && second != Second.VECTORS;
      Vec value = column ? code.broadcast(code.loadScalar(b, 0)) : code.constant(0);
      Vec next = code.load(a, 0);
      code.loop(
          vectors,
          i -> {
            Num at = code.least(i, Lanes.BYTES, last);
            code.exact(next);
            Vec x = code.copy(next);
            Vec y = second == Second.VECTORS ? code.load(code.address(b, at), 0) : value;
            Num following = code.address(a, code.least(i, Lanes.BYTES, beforeLast));
            code.assign(next, code.load(following, Lanes.BYTES));
            code.store(value(code, function, x, y), code.address(dst, at), 0);
          });
    }

    private static Vec value(VectorCode code, Function function, Vec x, Vec y) {
      return switch (function) {
        case Function.Activate(Activation activation) -> FunctionCode.emit(code, activation, x);
        case Function.Unary(UnaryFunction f) -> FunctionCode.emit(code, f, x);
        case Function.ExpOfDifference e ->
            FunctionCode.emit(code, UnaryFunction.EXP, code.subtract(x, y));
        case Function.Binary(BinaryFunction f, Second second) ->
            second == Second.REVERSED_COLUMN
                ? FunctionCode.emit(code, f, y, x)
                : FunctionCode.emit(code, f, x, y);
      };
    }

    /** One short call on scratch memory. */
    private static void exercise(Spec spec, RowKernel kernel, long scratch, int depth) {
      kernel.run(scratch, 64, scratch, 64, scratch, 64, 2, 4, spec.masked ? 1 : 3L * Lanes.BYTES);
    }
  }
}
