package dev.tilewright.bench;

import static dev.tilewright.bench.Samples.IMAGE;
import static dev.tilewright.bench.Samples.floats;
import static dev.tilewright.bench.Samples.integers;
import static dev.tilewright.bench.Samples.longs;
import static dev.tilewright.bench.Samples.map;
import static dev.tilewright.bench.Samples.one;
import static dev.tilewright.bench.Samples.scalar;

import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Functions of single elements and reductions, also of integers, against ONNX Runtime. */
class ElementwiseAgreesWithPeerTest {
  private static final Tensor UNIT = map(IMAGE, v -> (float) Math.tanh(v));
  private static final Tensor ODD =
      Tensor.of(
          Shape.of(2, 3), Float.NaN, Float.POSITIVE_INFINITY, 1, -0f, -5, Float.NEGATIVE_INFINITY);

  static Stream<OneNode> operators() {
    List<OneNode> cases = new ArrayList<>();
    functions(cases);
    activations(cases);
    logic(cases);
    reductions(cases);
    constants(cases);
    return cases.stream();
  }

  private static void functions(List<OneNode> cases) {
    for (String op : List.of("Sin", "Cos", "Tan", "Sinh", "Cosh", "Atan", "Asinh", "Sign")) {
      cases.add(OneNode.of(op, 13).input("x", IMAGE));
    }
    for (String op : List.of("Asin", "Acos", "Atanh")) {
      cases.add(OneNode.of(op, 13).input("x", UNIT));
    }
    cases.add(OneNode.of("Acosh", 13).input("x", map(IMAGE, v -> 1 + v * v)));
    Tensor whole = integers(DType.INT64, 1, -5, 6, 4, 3);
    cases.add(OneNode.of("Sign", 13).input("x", whole).output(DType.INT64));
    cases.add(
        OneNode.of("Pow", 15)
            .input("x", integers(DType.INT32, 2, 1, 6, 4, 3))
            .constant("p", one(1.5f))
            .output(DType.INT32));
    cases.add(
        OneNode.of("CastLike", 19).input("x", IMAGE).input("like", whole).output(DType.INT64));
    cases.add(OneNode.of("Dropout", 13).input("x", IMAGE).output(DType.FLOAT32, DType.BOOL));
    for (String direction : List.of("LEFT", "RIGHT")) {
      cases.add(
          OneNode.of("BitShift", 11)
              .input("a", integers(DType.UINT8, 1, 0, 255, 4, 3))
              .input("b", integers(DType.UINT8, 2, 0, 8, 3))
              .attribute("direction", direction)
              .output(DType.UINT8));
    }
    for (DType dtype : List.of(DType.INT32, DType.INT64)) {
      Tensor a = integers(dtype, 3, -50, 50, 4, 3);
      Tensor b = integers(dtype, 4, 1, 5, 3);
      for (String op : List.of("Add", "Sub", "Mul", "Div", "Max", "Min", "Mod", "Pow")) {
        cases.add(OneNode.of(op, 13).input("a", a).input("b", b).output(dtype));
      }
      cases.add(
          OneNode.of("Clip", 13)
              .input("x", a)
              .constant("low", integers(dtype, 1, -9, -8))
              .constant("high", integers(dtype, 1, 7, 8))
              .output(dtype));
      for (String op : List.of("Abs", "Neg")) {
        cases.add(OneNode.of(op, 13).input("x", a).output(dtype));
      }
      for (String op : List.of("BitwiseAnd", "BitwiseOr", "BitwiseXor")) {
        cases.add(OneNode.of(op, 18).input("a", a).input("b", b).output(dtype));
      }
      cases.add(OneNode.of("BitwiseNot", 18).input("x", a).output(dtype));
    }
  }

  private static void activations(List<OneNode> cases) {
    for (String op : List.of("Selu", "Celu", "Softsign", "Hardmax", "Elu")) {
      cases.add(OneNode.of(op, 13).input("x", IMAGE));
    }
    cases.add(OneNode.of("Mish", 18).input("x", IMAGE));
    cases.add(OneNode.of("Elu", 13).input("x", IMAGE).attribute("alpha", 0.3f));
    cases.add(OneNode.of("Celu", 13).input("x", IMAGE).attribute("alpha", 0.3f));
    cases.add(
        OneNode.of("Selu", 13).input("x", IMAGE).attribute("alpha", 1.2f).attribute("gamma", 0.7f));
    cases.add(OneNode.of("Hardmax", 11).input("x", IMAGE).attribute("axis", 2L));
    cases.add(OneNode.of("Hardmax", 13).input("x", IMAGE).attribute("axis", 1L));
    cases.add(OneNode.of("ThresholdedRelu", 10).input("x", IMAGE).attribute("alpha", 0.4f));
    cases.add(
        OneNode.of("Shrink", 9).input("x", IMAGE).attribute("bias", 0.2f).attribute("lambd", 0.3f));
  }

  private static void logic(List<OneNode> cases) {
    cases.add(OneNode.of("IsNaN", 13).input("x", ODD).output(DType.BOOL));
    cases.add(OneNode.of("IsInf", 10).input("x", ODD).output(DType.BOOL));
    for (String side : List.of("detect_positive", "detect_negative")) {
      cases.add(OneNode.of("IsInf", 10).input("x", ODD).attribute(side, 0L).output(DType.BOOL));
    }
    for (String op : List.of("GreaterOrEqual", "LessOrEqual")) {
      cases.add(OneNode.of(op, 16).input("a", ODD).constant("b", one(1)).output(DType.BOOL));
    }
    Shape shape = Shape.of(4, 3);
    cases.add(
        OneNode.of("Xor", 7)
            .input("a", Samples.flags(shape, 5))
            .input("b", Samples.flags(shape, 6))
            .output(DType.BOOL));
  }

  private static void reductions(List<OneNode> cases) {
    for (String op :
        List.of("ReduceL1", "ReduceL2", "ReduceLogSumExp", "ReduceSumSquare", "ReduceLogSum")) {
      Tensor x = map(IMAGE, v -> op.equals("ReduceLogSum") ? v * v : v);
      cases.add(OneNode.of(op, 11).input("x", x));
      cases.add(
          OneNode.of(op, 13)
              .input("x", x)
              .attribute("axes", List.of(1L, -1L))
              .attribute("keepdims", 0L));
      cases.add(OneNode.of(op, 18).input("x", x).constant("axes", longs(2)));
      cases.add(OneNode.of(op, 18).input("x", x).attribute("noop_with_empty_axes", 0L));
    }
    cases.add(
        OneNode.of("ReduceLogSumExp", 18)
            .input("x", map(ODD, v -> Float.isNaN(v) ? 2 : v))
            .constant("axes", longs(1)));
    Tensor whole = integers(DType.INT32, 7, -9, 9, 3, 4, 5);
    for (String op : List.of("ReduceSum", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceMean")) {
      cases.add(OneNode.of(op, 13).input("x", whole).attribute("keepdims", 0L).output(DType.INT32));
    }
    for (String op : List.of("ReduceL1", "ReduceSumSquare")) {
      cases.add(
          OneNode.of(op, 13).input("x", whole).attribute("axes", List.of(1L)).output(DType.INT32));
    }
    for (String op : List.of("ArgMax", "ArgMin")) {
      Tensor x = map(IMAGE, v -> Math.round(2 * v));
      cases.add(OneNode.of(op, 13).input("x", x).output(DType.INT64));
      cases.add(
          OneNode.of(op, 13)
              .input("x", x)
              .attribute("axis", -3L)
              .attribute("keepdims", 0L)
              .output(DType.INT64));
      cases.add(
          OneNode.of(op, 13)
              .input("x", x)
              .attribute("axis", 3L)
              .attribute("select_last_index", 1L)
              .output(DType.INT64));
    }
    for (long exclusive = 0; exclusive < 2; exclusive++) {
      cases.add(
          OneNode.of("CumSum", 14)
              .input("x", IMAGE)
              .constant("axis", scalar(-2))
              .attribute("exclusive", exclusive)
              .attribute("reverse", 1 - exclusive));
      cases.add(
          OneNode.of("CumSum", 14)
              .input("x", whole)
              .constant("axis", scalar(2))
              .attribute("exclusive", exclusive)
              .attribute("reverse", exclusive)
              .output(DType.INT32));
    }
  }

  private static void constants(List<OneNode> cases) {
    cases.add(
        OneNode.of("Range", 13)
            .constant("start", one(0.5f))
            .constant("limit", one(-3))
            .constant("delta", one(-0.3f)));
    cases.add(OneNode.of("EyeLike", 9).input("x", floats(1, 4, 6)).attribute("k", -1L));
    cases.add(
        OneNode.of("EyeLike", 9)
            .input("x", floats(1, 4, 6))
            .attribute("dtype", 7L)
            .attribute("k", 2L)
            .output(DType.INT64));
    for (long upper = 0; upper < 2; upper++) {
      cases.add(OneNode.of("Trilu", 14).input("x", IMAGE).attribute("upper", upper));
      cases.add(
          OneNode.of("Trilu", 14)
              .input("x", integers(DType.INT64, 8, -9, 9, 3, 4, 5))
              .constant("k", scalar(-1))
              .attribute("upper", upper)
              .output(DType.INT64));
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("operators")
  void agreesWithOnnxRuntime(OneNode node) {
    Peer.agrees(node);
  }
}
