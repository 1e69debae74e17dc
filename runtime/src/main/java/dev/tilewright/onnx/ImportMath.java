package dev.tilewright.onnx;

import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.BinaryFunction;
import dev.tilewright.graph.Op.UnaryFunction;
import dev.tilewright.graph.Value;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Elementwise arithmetic that is more than one line of the table. */
final class ImportMath {
  private ImportMath() {}

  /** f(f(a, b), c)...; one input is its own result. */
  static Value chain(NodeScope n, BinaryFunction function) {
    List<Value> in = n.all();
    Value result = in.getFirst();
    for (Value next : in.subList(1, in.size())) {
      result = n.binary(function, result, next);
    }
    return result;
  }

  static Value mean(NodeScope n) {
    Value sum = chain(n, BinaryFunction.ADD);
    int count = n.all().size();
    return count == 1 ? sum : n.binary(BinaryFunction.DIV, sum, n.scalarLike(sum, count));
  }

  /** The exponent may have another element type than the base, whose type the result has. */
  static Value pow(NodeScope n) {
    Value base = n.in(0);
    Value exponent = n.in(1);
    DType dtype = base.type().dtype();
    DType through = exponent.type().dtype() == DType.FLOAT32 ? DType.FLOAT32 : dtype;
    Value power = n.binary(BinaryFunction.POW, n.cast(base, through), n.cast(exponent, through));
    return n.cast(power, dtype);
  }

  /** With the divisor's sign, which is for integers only, or with the dividend's. */
  static Value mod(NodeScope n) {
    boolean signOfDividend = n.node().integer("fmod", 0) != 0;
    if (!signOfDividend && n.in(0).type().dtype() == DType.FLOAT32) {
      throw n.node().bad("needs fmod = 1 for floats");
    }
    BinaryFunction function = signOfDividend ? BinaryFunction.REMAINDER : BinaryFunction.MOD;
    return n.binary(function, n.in(0), n.in(1));
  }

  static Value where(NodeScope n) {
    return n.add(new Op.Where(), n.in(0), n.in(1), n.in(2));
  }

  static @Nullable String castRefusal(OnnxNode node) {
    long to = node.integer("to", 0);
    return ElementType.supported(to) == null ? "to " + ElementType.name(to) : null;
  }

  /** Narrower floats are float32 here, but hold no more digits than the model asks for. */
  static Value cast(NodeScope n) {
    ElementType type = ElementType.of(n.node().integer("to", 0), "the result");
    Value y = n.cast(n.in(0), type.dtype());
    return switch (type) {
      case FLOAT16 -> n.unary(Op.UnaryFunction.HALF, y);
      case BFLOAT16 -> n.unary(Op.UnaryFunction.BFLOAT16, y);
      default -> y;
    };
  }

  /** Does nothing, as in inference: the mask is true. Training with a share of 0 is the same. */
  static List<Value> dropout(NodeScope n) {
    Value x = n.in(0);
    boolean training = n.maybe(2) != null && n.scalar(n.constant(2)) != 0;
    if (training && (n.maybe(1) == null || n.scalar(n.constant(1)) != 0)) {
      throw n.unsupported("training");
    }
    Value yes = n.cast(n.constant(Tensor.of(Shape.SCALAR, 1L)), DType.BOOL);
    return List.of(x, n.add(new Op.Expand(x.shape()), yes));
  }

  static Value castLike(NodeScope n) {
    return n.cast(n.in(0), n.in(1).type().dtype());
  }

  /** Equality as well as order: neither holds for NaN. */
  static Value orEqual(NodeScope n, BinaryFunction order) {
    Value strict = n.binary(order, n.in(0), n.in(1));
    Value equal = n.binary(BinaryFunction.EQUAL, n.in(0), n.in(1));
    return n.binary(BinaryFunction.OR, strict, equal);
  }

  static Value xor(NodeScope n) {
    return n.unary(UnaryFunction.NOT, n.binary(BinaryFunction.EQUAL, n.in(0), n.in(1)));
  }

  /** What is not equal to itself. */
  static Value isNan(NodeScope n) {
    Value x = n.floats(0);
    return n.unary(UnaryFunction.NOT, n.binary(BinaryFunction.EQUAL, x, x));
  }

  static Value isInf(NodeScope n) {
    Value x = n.floats(0);
    boolean positive = n.node().integer("detect_positive", 1) != 0;
    boolean negative = n.node().integer("detect_negative", 1) != 0;
    Value magnitude = positive && negative ? n.unary(UnaryFunction.ABS, x) : x;
    double infinity = positive ? Double.POSITIVE_INFINITY : Double.NEGATIVE_INFINITY;
    Value wanted = n.scalarLike(x, positive || negative ? infinity : Double.NaN);
    return n.binary(BinaryFunction.EQUAL, magnitude, wanted);
  }

  static Value bitwise(NodeScope n, BinaryFunction function) {
    return n.binary(function, integers(n, 0), integers(n, 1));
  }

  /** -1 - x, of which every type keeps its low bits. */
  static Value bitwiseNot(NodeScope n) {
    Value x = integers(n, 0);
    Value ones = n.cast(n.constant(Tensor.of(Shape.SCALAR, -1L)), x.type().dtype());
    return n.binary(BinaryFunction.SUB, ones, x);
  }

  /** The bits of either without those of both. */
  static Value bitwiseXor(NodeScope n) {
    Value either = bitwise(n, BinaryFunction.OR);
    return n.binary(BinaryFunction.SUB, either, bitwise(n, BinaryFunction.AND));
  }

  static @Nullable String shiftRefusal(OnnxNode node) {
    return switch (node.text("direction", "")) {
      case "LEFT", "RIGHT" -> null;
      case String other -> "direction " + other;
    };
  }

  /** A product with, or quotient by, a power of two: the bits of unsigned integers. */
  static Value shift(NodeScope n) {
    boolean whole = n.in(0).type().dtype() == DType.UINT64;
    DType wide = whole ? DType.UINT64 : DType.INT64;
    Value x = n.cast(integers(n, 0), wide);
    Value by = n.cast(integers(n, 1), wide);
    Value power = n.binary(BinaryFunction.POW, n.scalarLike(by, 2), by);
    boolean left = n.node().text("direction", "").equals("LEFT");
    Value shifted = n.binary(left ? BinaryFunction.MUL : BinaryFunction.DIV, x, power);
    return n.cast(shifted, n.in(0).type().dtype());
  }

  private static Value integers(NodeScope n, int input) {
    Value x = n.in(input);
    if (x.type().dtype() == DType.FLOAT32 || x.type().dtype() == DType.BOOL) {
      throw n.node().bad("has no bits of " + x.type());
    }
    return x;
  }
}
