package dev.tilewright.onnx;

import static dev.tilewright.onnx.ModelBytes.integer;
import static dev.tilewright.onnx.ModelBytes.integers;
import static dev.tilewright.onnx.ModelBytes.real;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tilewright.graph.Graph;
import dev.tilewright.graph.Op;
import dev.tilewright.op.Operators;
import dev.tilewright.pass.Passes;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/**
 * What quantised operators of the model format compute, on constants. Values are those of the
 * operators' examples in the ONNX specification, or worked out by hand.
 */
final class QuantizedValuesTest {
  @Test
  void quantisesAsTheSpecificationsExamples() {
    ModelBytes model = with(13).floats("x", 0, 2, 3, 1000, -254, -1000).floats("s", 2);
    gives(
        model.bytes("z", DType.UINT8, 128).node("QuantizeLinear", "x s z", "y"),
        128,
        129,
        130,
        255,
        1,
        0);
    model = with(13).floats("x", 0, 3, -3, 300).floats("s", 2);
    gives(model.node("QuantizeLinear", "x s", "y"), 0, 2, 0, 150);
    model = with(21).floats("x", 0, 3, -3, 300).floats("s", 2);
    gives(model.node("QuantizeLinear", "x s", "y", integer("output_dtype", 3)), 0, 2, -2, 127);
    model = with(13).bytes("x", DType.UINT8, 0, 3, 128, 255).floats("s", 2);
    gives(
        model.bytes("z", DType.UINT8, 128).node("DequantizeLinear", "x s z", "y"),
        -256,
        -250,
        0,
        254);
    model = with(10).bytes("x", DType.INT8, 0, 3, -128).floats("s", 0.5f);
    gives(model.node("DequantizeLinear", "x s", "y"), 0, 1.5f, -64);
  }

  @Test
  void quantisesAlongAnAxis() {
    ModelBytes model = with(13).floats("x", Shape.of(1, 3, 2), -162, 10, -20, -24, -545, -1);
    model.floats("s", 2, 4, 5).bytes("z", DType.UINT8, 84, 24, 196);
    gives(model.node("QuantizeLinear", "x s z", "y"), 3, 89, 19, 18, 87, 196);
    model = with(13).bytes("x", DType.INT8, Shape.of(2, 2), 1, 2, 3, 4).floats("s", 2, 10);
    gives(model.node("DequantizeLinear", "x s", "y", integer("axis", 0)), 2, 4, 30, 40);
    model = with(13).bytes("x", DType.INT8, Shape.of(2, 2), 1, 2, 3, 4).floats("s", 2, 10);
    gives(model.node("DequantizeLinear", "x s", "y", integer("axis", -1)), 2, 20, 6, 40);
  }

  @Test
  void quantisesByBlocks() {
    ModelBytes model = with(21).bytes("x", DType.INT8, Shape.of(1, 5), 1, 2, 3, 4, 5);
    model.floats("s", Shape.of(1, 3), 1, 10, 100).bytes("z", DType.INT8, Shape.of(1, 3), 0, 1, 2);
    gives(
        model.node("DequantizeLinear", "x s z", "y", integer("block_size", 2)), 1, 2, 20, 30, 300);
    ModelBytes wrong = with(21).bytes("x", DType.INT8, Shape.of(1, 5), 1, 2, 3, 4, 5);
    wrong.floats("s", Shape.of(1, 2), 1, 10);
    assertThatThrownBy(
            () -> wrong.node("DequantizeLinear", "x s", "y", integer("block_size", 2)).graph())
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("blocks of 2 in axis 1");
  }

  @Test
  void wideIntegersAreQuantisedToo() {
    for (int type : new int[] {4, 5}) {
      ModelBytes model = with(21).floats("x", -20, 7, 200000).floats("s", 2);
      model.node("QuantizeLinear", "x s", "q", integer("output_dtype", type));
      model.node("DequantizeLinear", "q s", "y");
      gives(model, type == 4 ? 0 : -20, 8, type == 4 ? 131070 : 65534);
    }
  }

  @Test
  void dynamicQuantisationFindsTheRange() {
    String out = "y scale zero";
    ModelBytes model = with(11).output("scale", "zero").floats("x", 0, 2, -3, -2.5f, 1.34f, 0.5f);
    model.node("DynamicQuantizeLinear", "x", out);
    gives(model, 153, 255, 0, 26, 221, 179);
    assertThat(model.folded("scale").toFloats()).containsExactly(5f / 255);
    assertThat(model.folded("zero").toLongs()).containsExactly(153);
    model = with(11).output("scale", "zero").floats("x", -1, -2.1f, -1.3f, -2.5f, -3.34f, -4);
    gives(model.node("DynamicQuantizeLinear", "x", out), 191, 121, 172, 96, 42, 0);
    assertThat(model.folded("scale").toFloats()).containsExactly(4f / 255);
    assertThat(model.folded("zero").toLongs()).containsExactly(255);
    gives(with(11).floats("x", 0, 0).node("DynamicQuantizeLinear", "x", out), 0, 0);
  }

  @Test
  void integerProductsAreThoseOfTheSpecification() {
    ModelBytes model =
        with(10)
            .bytes("a", DType.UINT8, Shape.of(4, 3), 11, 7, 3, 10, 6, 2, 9, 5, 1, 8, 4, 0)
            .bytes("b", DType.UINT8, Shape.of(3, 2), 1, 4, 2, 5, 3, 6)
            .bytes("za", DType.UINT8, 12)
            .bytes("zb", DType.UINT8, 0);
    gives(model.node("MatMulInteger", "a b za zb", "y"), -38, -83, -44, -98, -50, -113, -56, -128);
    ModelBytes rows = with(10).bytes("a", DType.INT8, Shape.of(2, 2), 1, 2, 3, 4);
    rows.bytes("b", DType.INT8, Shape.of(2, 3), 1, 0, -1, 0, 1, 2);
    rows.bytes("za", DType.INT8, 1, -1).bytes("zb", DType.INT8, 0, 1, 2);
    // [0 1; 4 5] x [1 -1 -3; 0 0 0]
    gives(rows.node("MatMulInteger", "a b za zb", "y"), 0, 0, 0, 4, -4, -12);
    gives(image().node("ConvInteger", "x w z", "y"), 12, 16, 24, 28);
    gives(
        image().node("ConvInteger", "x w z", "y", integers("pads", 1, 1, 1, 1)),
        1,
        3,
        5,
        3,
        5,
        12,
        16,
        9,
        11,
        24,
        28,
        15,
        7,
        15,
        17,
        9);
  }

  private static ModelBytes image() {
    return with(10)
        .bytes("x", DType.UINT8, Shape.of(1, 1, 3, 3), 2, 3, 4, 5, 6, 7, 8, 9, 10)
        .bytes("w", DType.UINT8, Shape.of(1, 1, 2, 2), 1, 1, 1, 1)
        .bytes("z", DType.UINT8, 1);
  }

  @Test
  void quantisedProductsRoundAndSaturate() {
    ModelBytes model =
        with(10)
            .bytes("a", DType.UINT8, Shape.of(2, 4), 208, 236, 0, 238, 3, 214, 255, 29)
            .bytes(
                "b",
                DType.UINT8,
                Shape.of(4, 3),
                152,
                51,
                244,
                60,
                26,
                255,
                0,
                127,
                246,
                127,
                254,
                247)
            .floats("sa", 0.0066f)
            .floats("sb", 0.00705f)
            .floats("sy", 0.0107f)
            .bytes("za", DType.UINT8, 113)
            .bytes("zb", DType.UINT8, 114)
            .bytes("zy", DType.UINT8, 118);
    gives(model.node("QLinearMatMul", "a sa za b sb zb sy zy", "y"), 168, 115, 255, 1, 66, 151);
    // (x - 1) of [1 2; 3 4] = [0 1; 2 3]; filters 2 and -3, scales 0.5 and 1, biases 1 and 0.
    ModelBytes conv =
        with(10)
            .bytes("x", DType.UINT8, Shape.of(1, 1, 2, 2), 1, 2, 3, 4)
            .floats("sx", 0.5f)
            .bytes("zx", DType.UINT8, 1)
            .bytes("w", DType.INT8, Shape.of(2, 1, 1, 1), 2, -3)
            .floats("sw", 0.5f, 1)
            .bytes("zw", DType.INT8, 0, 0)
            .floats("sy", 0.5f)
            .bytes("zy", DType.UINT8, 3)
            .ints("b", 1, 0);
    // Factors 0.5 and 1: [1 3 5 7] / 2 = 0.5 1.5 2.5 3.5 -> 0 2 2 4; [0 -3 -6 -9] saturates.
    gives(conv.node("QLinearConv", "x sx zx w sw zw sy zy b", "y"), 3, 5, 5, 7, 3, 0, 0, 0);
  }

  @Test
  void quantisedGemmAddsInIntegers() {
    ModelBytes model = gemm().floats("sy", 0.5f).bytes("zy", DType.INT8, -1);
    // ([1 2] - 1) x [1 2; 3 4]' + [10 -20] = [12 -16], times 2 * 0.25 * 0.5 / 0.5 = [6 -8]
    gives(
        model.node(
            "com.microsoft",
            "QGemm",
            "a sa za b sb zb c sy zy",
            "y",
            real("alpha", 2),
            integer("transB", 1)),
        5,
        -9);
    gives(gemm().node("com.microsoft", "QGemm", "a sa za b sb zb", "y"), 0.375f, 0.5f);
  }

  private static ModelBytes gemm() {
    return with(13)
        .opset("com.microsoft", 1)
        .bytes("a", DType.INT8, Shape.of(1, 2), 1, 2)
        .floats("sa", 0.25f)
        .bytes("za", DType.INT8, 1)
        .bytes("b", DType.INT8, Shape.of(2, 2), 1, 2, 3, 4)
        .floats("sb", 0.5f)
        .bytes("zb", DType.INT8, 0)
        .ints("c", 10, -20);
  }

  @Test
  void elementwiseOperatorsOfMicrosoft() {
    gives(pair("QLinearAdd"), 10, 16, 210);
    gives(pair("QLinearMul"), 8, 16, 208);
  }

  /** a = 0, 2, 100 (scale 0.5, zero 2); b = 1, 2, 1 (scale 1, zero 0); y: scale 0.5, zero 8. */
  private static ModelBytes pair(String op) {
    return with(13)
        .opset("com.microsoft", 1)
        .bytes("a", DType.UINT8, 2, 6, 202)
        .floats("sa", 0.5f)
        .bytes("za", DType.UINT8, 2)
        .bytes("b", DType.UINT8, 1, 2, 1)
        .floats("sb", 1)
        .floats("sy", 0.5f)
        .bytes("zy", DType.UINT8, 8)
        .node("com.microsoft", op, "a sa za b sb - sy zy", "y");
  }

  @Test
  void poolsAndConcatenatesQuantisedImages() {
    // Planes of means 2.5 and 6.5 over zero 1: 1.5 and 5.5 times 2 / 0.5.
    gives(plane().node("com.microsoft", "QLinearGlobalAveragePool", "x s z t", "y"), 6, 22);
    gives(
        plane()
            .node(
                "com.microsoft",
                "QLinearAveragePool",
                "x s z t",
                "y",
                integers("kernel_shape", 1, 2)),
        2,
        10,
        18,
        26);
    gives(plane().node("MaxPool", "x", "y", integers("kernel_shape", 2, 2)), 4, 8);
    // x as it is in t: (x - 1) * 4; z, that is 1 of scale 2, is 4 of scale 0.5.
    gives(
        with(13)
            .opset("com.microsoft", 1)
            .bytes("a", DType.INT8, 1, 3)
            .bytes("b", DType.INT8, -1)
            .floats("sa", 2)
            .bytes("za", DType.INT8, 1)
            .floats("sb", 0.25f)
            .floats("sy", 0.5f)
            .node("com.microsoft", "QLinearConcat", "sy - a sa za b sb -", "y", integer("axis", 0)),
        0,
        8,
        0);
  }

  private static ModelBytes plane() {
    return with(13)
        .opset("com.microsoft", 1)
        .bytes("x", DType.UINT8, Shape.of(1, 2, 2, 2), 1, 2, 3, 4, 5, 6, 7, 8)
        .floats("s", 2)
        .bytes("z", DType.UINT8, 1)
        .floats("t", 0.5f);
  }

  @Test
  void layoutsCancelBetweenQuantisedLayers() {
    ModelBytes model =
        with(13)
            .opset("com.microsoft", 1)
            .typedInput("x", 2, 1, 4, 5, 6)
            .floats("s", 0.5f)
            .floats("each", 0.5f, 1, 2, 4)
            .bytes("z", DType.UINT8, 3)
            .bytes("w", DType.INT8, Shape.of(4, 4, 1, 1), new int[16])
            .bytes("none", DType.INT8, 0, 0, 0, 0)
            .node("QLinearConv", "x s z w each none s z", "a")
            .node("com.microsoft", "QLinearAdd", "a s z a s z s z", "b")
            .node("QLinearConv", "b s z w each none s z", "y");
    Graph graph = Passes.standard(model.graph(), Operators::evaluate);
    assertThat(graph.nodes().stream().filter(n -> n.op() instanceof Op.Transpose)).hasSize(2);
    assertThat(Objects.requireNonNull(graph.nodes().getFirst()).op())
        .isInstanceOf(Op.Transpose.class);
    assertThat(graph.nodes().getLast().op()).isInstanceOf(Op.Transpose.class);
  }

  @Test
  void weightsFoldToFloats() {
    ModelBytes model =
        with(13)
            .input("x", 1, 2, 4, 4)
            .bytes("w", DType.INT8, Shape.of(1, 2, 1, 1), 3, -5)
            .floats("s", 0.5f)
            .bytes("z", DType.INT8, 1)
            .node("DequantizeLinear", "w s z", "f")
            .node("Conv", "x f", "y");
    Graph graph = Passes.standard(model.graph(), Operators::evaluate);
    assertThat(graph.constants().values().iterator().next().toFloats()).containsExactly(1, -3);
    assertThat(graph.nodes().stream().filter(n -> n.op() instanceof Op.Dequantize)).isEmpty();
  }

  /** Results are named y. */
  private static ModelBytes with(int opset) {
    return new ModelBytes(opset).output("y");
  }

  private static void gives(ModelBytes model, float... values) {
    assertThat(ModelBytes.floats(model.folded("y"))).containsExactly(values);
  }
}
