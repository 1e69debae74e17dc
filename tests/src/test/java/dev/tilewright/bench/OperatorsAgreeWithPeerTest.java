package dev.tilewright.bench;

import static dev.tilewright.bench.Samples.flags;
import static dev.tilewright.bench.Samples.floats;
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

/** Every supported operator of the model format alone in a file, against ONNX Runtime. */
class OperatorsAgreeWithPeerTest {
  private static final Tensor IMAGE = Samples.IMAGE;
  private static final Tensor POSITIVE = map(IMAGE, v -> Math.abs(v) + 0.1f);

  static Stream<OneNode> operators() {
    List<OneNode> cases = new ArrayList<>();
    for (String op :
        List.of(
            "Abs",
            "Ceil",
            "Erf",
            "Exp",
            "Floor",
            "HardSigmoid",
            "HardSwish",
            "Identity",
            "LeakyRelu",
            "Neg",
            "Relu",
            "Round",
            "Sigmoid",
            "Tanh",
            "GlobalAveragePool",
            "GlobalMaxPool",
            "Dropout",
            "Flatten",
            "LogSoftmax",
            "Softmax",
            "Mean",
            "Sum",
            "Max",
            "Min")) {
      cases.add(OneNode.of(op, 14).input("x", IMAGE));
    }
    for (String op : List.of("Log", "Reciprocal", "Sqrt")) {
      cases.add(OneNode.of(op, 13).input("x", POSITIVE));
    }
    cases.add(OneNode.of("Gelu", 20).input("x", IMAGE));
    cases.add(OneNode.of("Gelu", 20).input("x", IMAGE).attribute("approximate", "tanh"));
    cases.add(OneNode.of("LeakyRelu", 13).input("x", IMAGE).attribute("alpha", 0.3f));
    cases.add(
        OneNode.of("HardSigmoid", 13)
            .input("x", IMAGE)
            .attribute("alpha", 0.4f)
            .attribute("beta", 0.3f));
    cases.add(OneNode.of("Clip", 10).input("x", IMAGE).attribute("min", -0.5f));
    cases.add(
        OneNode.of("Clip", 13).input("x", IMAGE).constant("lo", one(-0.5f)).constant("hi", one(1)));
    cases.add(OneNode.of("Softmax", 11).input("x", IMAGE).attribute("axis", 2L));
    cases.add(OneNode.of("Softmax", 13).input("x", IMAGE).attribute("axis", 1L));
    cases.add(OneNode.of("LogSoftmax", 13).input("x", IMAGE).attribute("axis", -2L));
    cases.add(OneNode.of("Flatten", 13).input("x", IMAGE).attribute("axis", 2L));
    binaries(cases);
    reductions(cases);
    movements(cases);
    images(cases);
    return cases.stream();
  }

  private static void binaries(List<OneNode> cases) {
    for (String op : List.of("Add", "Sub", "Mul", "Div", "Max", "Min", "Mean", "Sum")) {
      cases.add(OneNode.of(op, 13).input("a", IMAGE).input("b", map(floats(3, 7, 1), v -> v + 3)));
      cases.add(OneNode.of(op, 13).input("a", IMAGE).constant("b", floats(4, 5, 1, 1)));
    }
    cases.add(
        OneNode.of("Mod", 13).input("a", IMAGE).constant("b", one(-0.7f)).attribute("fmod", 1L));
    cases.add(OneNode.of("Pow", 13).input("a", POSITIVE).constant("b", one(2.5f)));
    cases.add(OneNode.of("Pow", 13).input("a", IMAGE).constant("b", one(2)));
    Tensor rounded = map(IMAGE, v -> Math.round(v));
    for (String op : List.of("Equal", "Less", "Greater")) {
      cases.add(
          OneNode.of(op, 13)
              .input("a", rounded)
              .constant("b", map(floats(5, 6), v -> Math.round(v)))
              .output(DType.BOOL));
    }
  }

  private static void reductions(List<OneNode> cases) {
    for (String op : List.of("ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd", "ReduceSum")) {
      cases.add(OneNode.of(op, 11).input("x", IMAGE));
      cases.add(OneNode.of(op, 11).input("x", IMAGE).attribute("axes", List.of(2L, 3L)));
      cases.add(
          OneNode.of(op, 11)
              .input("x", IMAGE)
              .attribute("axes", List.of(-3L))
              .attribute("keepdims", 0L));
    }
    cases.add(
        OneNode.of("ReduceSum", 13)
            .input("x", IMAGE)
            .constant("axes", Tensor.of(Shape.of(2), 0L, 3L)));
    cases.add(
        OneNode.of("ReduceMean", 18)
            .input("x", IMAGE)
            .constant("axes", Tensor.of(Shape.of(1), 1L)));
  }

  private static void movements(List<OneNode> cases) {
    cases.add(OneNode.of("Transpose", 13).input("x", IMAGE));
    cases.add(
        OneNode.of("Transpose", 13).input("x", IMAGE).attribute("perm", List.of(0L, 3L, 1L, 2L)));
    cases.add(OneNode.of("Reshape", 13).input("x", IMAGE).constant("s", longs(0, -1, 6)));
    cases.add(OneNode.of("Squeeze", 11).input("x", floats(6, 1, 4, 1, 3)));
    cases.add(OneNode.of("Squeeze", 13).input("x", floats(6, 1, 4, 1, 3)).constant("a", longs(2)));
    cases.add(OneNode.of("Unsqueeze", 13).input("x", IMAGE).constant("a", longs(0, -1)));
    cases.add(OneNode.of("Expand", 13).input("x", floats(7, 3, 1)).constant("s", longs(2, 1, 4)));
    cases.add(OneNode.of("Tile", 13).input("x", IMAGE).constant("r", longs(1, 2, 1, 3)));
    cases.add(
        OneNode.of("Slice", 13)
            .input("x", IMAGE)
            .constant("starts", longs(4, -1))
            .constant("ends", longs(0, -99))
            .constant("axes", longs(1, 3))
            .constant("steps", longs(-1, -2)));
    cases.add(
        OneNode.of("Gather", 13)
            .input("x", IMAGE)
            .constant("i", Tensor.of(Shape.of(2, 2), 3L, -1L, 0L, 3L))
            .attribute("axis", 1L));
    cases.add(
        OneNode.of("Concat", 13)
            .input("a", IMAGE)
            .input("b", floats(8, 2, 3, 7, 6))
            .attribute("axis", 1L));
    for (String mode : List.of("constant", "edge", "reflect")) {
      cases.add(
          OneNode.of("Pad", 13)
              .input("x", IMAGE)
              .constant("pads", longs(0, 1, 2, 0, 0, 0, 1, 3))
              .attribute("mode", mode));
    }
    cases.add(
        OneNode.of("ScatterND", 13)
            .input("x", IMAGE)
            .constant("i", Tensor.of(Shape.of(2, 2), 1L, -2L, 0L, 3L))
            .constant("u", floats(34, 2, 7, 6)));
    cases.add(OneNode.of("Cast", 13).input("x", IMAGE).attribute("to", 7L).output(DType.INT64));
    cases.add(OneNode.of("Cast", 13).input("x", IMAGE).attribute("to", 9L).output(DType.BOOL));
    cases.add(OneNode.of("Cast", 13).input("x", IMAGE).attribute("to", 10L).outputOfOtherType());
    cases.add(OneNode.of("Cast", 13).input("x", IMAGE).attribute("to", 16L).outputOfOtherType());
    cases.add(OneNode.of("Shape", 13).input("x", IMAGE).output(DType.INT64));
    cases.add(OneNode.of("Size", 13).input("x", IMAGE).output(DType.INT64));
    cases.add(
        OneNode.of("Split", 11)
            .input("x", IMAGE)
            .attribute("split", List.of(7L))
            .attribute("axis", 2L));
    cases.add(
        OneNode.of("Range", 13)
            .constant("start", scalar(3))
            .constant("limit", scalar(12))
            .constant("delta", scalar(2))
            .output(DType.INT64));
    cases.add(OneNode.of("ConstantOfShape", 13).constant("s", longs(2, 3)));
    Tensor flags = flags(IMAGE.shape(), 9);
    cases.add(OneNode.of("Not", 13).input("x", flags).output(DType.BOOL));
    for (String op : List.of("And", "Or")) {
      cases.add(
          OneNode.of(op, 13)
              .input("a", flags)
              .constant("b", flags(Shape.of(7, 6), 10))
              .output(DType.BOOL));
    }
    cases.add(OneNode.of("Where", 13).input("c", flags).input("a", IMAGE).constant("b", one(-7)));
  }

  private static void images(List<OneNode> cases) {
    cases.add(
        OneNode.of("Conv", 13)
            .input("x", IMAGE)
            .constant("w", floats(20, 9, 5, 3, 2))
            .constant("b", floats(21, 9))
            .attribute("kernel_shape", List.of(3L, 2L))
            .attribute("strides", List.of(2L, 1L))
            .attribute("pads", List.of(1L, 0L, 0L, 2L)));
    cases.add(
        OneNode.of("Conv", 13)
            .input("x", IMAGE)
            .constant("w", floats(22, 10, 1, 3, 3))
            .attribute("group", 5L)
            .attribute("strides", List.of(2L, 1L))
            .attribute("auto_pad", "SAME_LOWER"));
    cases.add(
        OneNode.of("Conv", 13)
            .input("x", IMAGE)
            .constant("w", floats(33, 3, 5, 3, 3))
            .attribute("dilations", List.of(2L, 1L))
            .attribute("pads", List.of(2L, 1L, 1L, 0L)));
    cases.add(
        OneNode.of("Conv", 13)
            .input("x", IMAGE)
            .input("w", floats(37, 20, 5, 3, 3))
            .input("b", floats(38, 20)));
    cases.add(
        OneNode.of("Conv", 13)
            .input("x", floats(39, 1, 48, 7, 6))
            .input("w", floats(40, 48, 1, 3, 3))
            .attribute("group", 48L)
            .attribute("pads", List.of(1L, 1L, 1L, 1L)));
    cases.add(
        OneNode.of("Conv", 13)
            .input("x", floats(41, 1, 48, 7, 6))
            .input("w", floats(42, 36, 16, 1, 1))
            .attribute("group", 3L));
    cases.add(
        OneNode.of("ConvTranspose", 13)
            .input("x", IMAGE)
            .input("w", floats(43, 5, 4, 2, 2))
            .attribute("strides", List.of(2L, 2L)));
    cases.add(
        OneNode.of("ConvTranspose", 13)
            .input("x", IMAGE)
            .constant("w", floats(23, 5, 4, 3, 3))
            .attribute("strides", List.of(2L, 2L))
            .attribute("output_padding", List.of(1L, 0L)));
    cases.add(
        OneNode.of("BatchNormalization", 9)
            .input("x", IMAGE)
            .constant("scale", floats(24, 5))
            .constant("bias", floats(25, 5))
            .constant("mean", floats(26, 5))
            .constant("variance", map(floats(27, 5), v -> v * v + 0.1f)));
    for (String op : List.of("AveragePool", "MaxPool")) {
      cases.add(
          OneNode.of(op, 11)
              .input("x", IMAGE)
              .attribute("kernel_shape", List.of(3L, 3L))
              .attribute("strides", List.of(2L, 2L))
              .attribute("pads", List.of(1L, 0L, 0L, 1L))
              .attribute("ceil_mode", 1L));
      cases.add(
          OneNode.of(op, 11)
              .input("x", IMAGE)
              .attribute("kernel_shape", List.of(2L, 4L))
              .attribute("auto_pad", "SAME_UPPER"));
    }
    cases.add(
        OneNode.of("Gemm", 13)
            .input("a", floats(28, 7, 3))
            .constant("b", floats(29, 11, 7))
            .constant("c", floats(30, 11))
            .attribute("transA", 1L)
            .attribute("transB", 1L)
            .attribute("alpha", 0.5f)
            .attribute("beta", 2f));
    cases.add(OneNode.of("MatMul", 13).input("a", IMAGE).input("b", floats(31, 5, 6, 9)));
    cases.add(
        OneNode.of("LayerNormalization", 17)
            .input("x", IMAGE)
            .constant("scale", floats(35, 6))
            .constant("shift", floats(36, 6)));
    cases.add(
        OneNode.of("LayerNormalization", 17)
            .input("x", IMAGE)
            .constant("scale", floats(35, 7, 6))
            .attribute("axis", 2L));
    cases.add(OneNode.of("MatMul", 13).input("a", IMAGE).constant("b", floats(32, 6)));
    cases.add(
        OneNode.of("Upsample", 9)
            .input("x", IMAGE)
            .constant("scales", Tensor.of(Shape.of(4), 1f, 1f, 2f, 3f))
            .attribute("mode", "nearest"));
    for (String mode : List.of("nearest", "linear", "cubic")) {
      for (String transform :
          List.of("half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric")) {
        cases.add(
            OneNode.of("Resize", 13)
                .input("x", IMAGE)
                .constant("", Tensor.of(Shape.of(0), new float[0])) // no region of interest
                .constant("scales", Tensor.of(Shape.of(4), 1f, 1f, 1.5f, 0.75f))
                .attribute("mode", mode)
                .attribute("coordinate_transformation_mode", transform));
      }
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("operators")
  void agreesWithOnnxRuntime(OneNode node) {
    Peer.agrees(node);
  }
}
