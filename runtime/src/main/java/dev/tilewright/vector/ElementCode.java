package dev.tilewright.vector;

import dev.tilewright.conv.Activation;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.BinaryFunction;
import dev.tilewright.graph.Op.UnaryFunction;
import dev.tilewright.tensor.DType;
import dev.tilewright.vector.VectorCode.Vec;
import java.util.List;

/**
 * Elementwise operators as vector code. Everything is a float here: truth is 1 or 0, a quantised
 * value the number that it is, which has 16 bits at most. Floats go through the code of {@link
 * FunctionCode}, so that operators give the same bits joined as by kernels of their own.
 */
final class ElementCode {
  private ElementCode() {}

  /** Whether there is code for an operator of inputs of these types. */
  static boolean has(Op op, List<DType> in) {
    boolean floats = in.getFirst() == DType.FLOAT32;
    boolean truth = in.getFirst() == DType.BOOL;
    return switch (op) {
      case Op.Activate a -> true;
      case Op.Unary(UnaryFunction f) ->
          switch (f) {
            case SQRT, EXP, ERF, ABS, NEG, RECIPROCAL -> floats;
            case NOT -> true;
            default -> false;
          };
      case Op.Binary(BinaryFunction f) ->
          switch (f) {
            case ADD, SUB, MUL, DIV, MIN, MAX, LESS, GREATER -> floats;
            case EQUAL -> floats || truth;
            case AND, OR -> truth;
            case MOD, REMAINDER, POW -> false;
          };
      case Op.Where w -> in.get(1) == DType.FLOAT32;
      case Op.Cast(DType to) -> to == DType.FLOAT32 && (floats || truth);
      case Op.Quantize q -> true;
      case Op.Dequantize q -> isNarrow(in.getFirst());
      default -> false;
    };
  }

  /** Whether a float holds all values of the type, and any sum of two of them. */
  private static boolean isNarrow(DType type) {
    return switch (type) {
      case UINT8, INT8, UINT16, INT16 -> true;
      default -> false;
    };
  }

  /** About how many vector instructions an operator is that {@link #has} knows. */
  static int instructions(Op op) {
    return switch (op) {
      case Op.Activate(var activation) ->
          switch (activation) {
            case Activation.None n -> 0;
            case Activation.Clip c -> 2;
            case Activation.LeakyRelu r -> 2;
            case Activation.HardSigmoid s -> 3;
            case Activation.HardSwish s -> 4;
            case Activation.Sigmoid s -> 35;
            case Activation.Silu s -> 35;
            case Activation.Tanh t -> 50;
            case Activation.Gelu g -> 70;
          };
      case Op.Unary(UnaryFunction f) ->
          switch (f) {
            case EXP -> 30;
            case ERF -> 70;
            default -> 1;
          };
      case Op.Quantize q -> 12;
      case Op.Dequantize q -> 2;
      default -> 1;
    };
  }

  /** Writes code for an operator that {@link #has} knows. */
  static Vec emit(VectorCode code, Op op, List<Vec> in) {
    Vec x = in.getFirst();
    return switch (op) {
      case Op.Activate(var activation) -> FunctionCode.emit(code, activation, x);
      case Op.Unary(UnaryFunction f) when f == UnaryFunction.NOT ->
          code.subtract(code.constant(1), x);
      case Op.Unary(UnaryFunction f) -> FunctionCode.emit(code, f, x);
      case Op.Binary(BinaryFunction f) -> binary(code, f, x, in.get(1));
      case Op.Where w -> code.ifLess(code.constant(0), x, in.get(1), in.get(2));
      case Op.Cast c -> x;
      case Op.Quantize(DType to) -> quantize(code, to, x, in.get(1), in.get(2));
      case Op.Dequantize q -> code.multiply(code.subtract(x, in.get(2)), in.get(1));
      default -> throw new IllegalArgumentException("no " + op);
    };
  }

  private static Vec binary(VectorCode code, BinaryFunction function, Vec x, Vec y) {
    return switch (function) {
      case LESS -> code.ifLess(x, y, code.constant(1), code.constant(0));
      case GREATER -> code.ifLess(y, x, code.constant(1), code.constant(0));
      case EQUAL -> code.ifEqual(x, y, code.constant(1), code.constant(0));
      case AND -> code.multiply(x, y);
      case OR -> code.binary("max", x, y);
      default -> FunctionCode.emit(code, function, x, y);
    };
  }

  /**
   * saturate(round(x / scale) + zero), half to even; NaN counts as 0. Saturated first, which is the
   * same as the bounds are whole; what is left is below 2^22, where adding {@link VectorCode#ROUND}
   * rounds.
   */
  private static Vec quantize(VectorCode code, DType to, Vec x, Vec scale, Vec zero) {
    Vec q = code.divide(x, scale);
    q = code.ifEqual(q, q, q, code.constant(0));
    Vec least = code.subtract(code.constant(least(to)), zero);
    Vec most = code.subtract(code.constant(most(to)), zero);
    q = code.ifLess(q, least, least, q);
    q = code.ifLess(most, q, most, q);
    Vec round = code.constant(VectorCode.ROUND);
    return code.add(code.subtract(code.add(q, round), round), zero);
  }

  private static int least(DType type) {
    return switch (type) {
      case UINT8, UINT16 -> 0;
      case INT8 -> Byte.MIN_VALUE;
      case INT16 -> Short.MIN_VALUE;
      default -> throw new IllegalArgumentException(type.toString());
    };
  }

  private static int most(DType type) {
    return switch (type) {
      case UINT8 -> 0xff;
      case UINT16 -> 0xffff;
      case INT8 -> Byte.MAX_VALUE;
      case INT16 -> Short.MAX_VALUE;
      default -> throw new IllegalArgumentException(type.toString());
    };
  }
}
