package dev.tilewright.bench;

import static dev.tilewright.bench.Samples.floats;
import static dev.tilewright.bench.Samples.longs;

import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Tensors without elements, as a detector has them that finds nothing, against ONNX Runtime. */
class EmptyAgreesWithPeerTest {
  private static final Tensor NO_IMAGES = floats(1, 0, 4, 6, 6);
  private static final Tensor NO_ROWS = floats(1, 0, 5);

  static Stream<OneNode> operators() {
    List<OneNode> cases = new ArrayList<>();
    for (String op :
        List.of("Relu", "Exp", "GlobalAveragePool", "Softmax", "Flatten", "Transpose")) {
      cases.add(OneNode.of(op, 13).input("x", NO_IMAGES));
    }
    cases.add(
        OneNode.of("Conv", 13)
            .input("x", NO_IMAGES)
            .constant("w", floats(2, 8, 4, 3, 3))
            .constant("b", floats(3, 8)));
    cases.add(
        OneNode.of("ConvTranspose", 13)
            .input("x", NO_IMAGES)
            .constant("w", floats(2, 4, 8, 2, 2))
            .attribute("strides", List.of(2L, 2L)));
    cases.add(
        OneNode.of("MaxPool", 13).input("x", NO_IMAGES).attribute("kernel_shape", List.of(2L, 2L)));
    cases.add(
        OneNode.of("RoiAlign", 16)
            .input("x", floats(1, 1, 4, 6, 6))
            .input("regions", floats(2, 0, 4))
            .input("images", Tensor.of(Shape.of(0), new long[0]))
            .attribute("output_height", 3L));
    cases.add(
        OneNode.of("Resize", 13)
            .input("x", NO_IMAGES)
            .constant("roi", Samples.absent())
            .constant("scales", Tensor.of(Shape.of(4), 1f, 1f, 2f, 2f)));
    cases.add(OneNode.of("Gemm", 13).input("x", NO_ROWS).constant("w", floats(2, 5, 3)));
    cases.add(OneNode.of("MatMul", 13).input("a", floats(1, 3, 0)).input("b", floats(2, 0, 4)));
    cases.add(OneNode.of("MatMul", 13).input("a", floats(1, 3, 0)).constant("b", floats(2, 0, 4)));
    cases.add(OneNode.of("Add", 13).input("a", NO_ROWS).constant("b", floats(2, 5)));
    cases.add(OneNode.of("ReduceSum", 13).input("x", NO_ROWS).constant("axes", longs(0)));
    cases.add(
        OneNode.of("Concat", 13)
            .input("a", NO_ROWS)
            .input("b", floats(2, 3, 5))
            .input("c", NO_ROWS)
            .attribute("axis", 0L));
    cases.add(OneNode.of("Concat", 13).input("a", NO_ROWS).attribute("axis", 0L));
    cases.add(OneNode.of("Pad", 13).input("x", NO_ROWS).constant("pads", longs(1, 0, 1, 0)));
    cases.add(
        OneNode.of("Gather", 13)
            .input("x", floats(1, 3, 5))
            .input("i", Tensor.of(Shape.of(0), new long[0])));
    cases.add(
        OneNode.of("ScatterElements", 13)
            .input("x", floats(1, 3, 5))
            .input("i", Tensor.of(Shape.of(0, 5), new long[0]))
            .input("u", NO_ROWS));
    cases.add(
        OneNode.of("ScatterND", 13)
            .input("x", floats(1, 3, 5))
            .input("i", Tensor.of(Shape.of(0, 1), new long[0]))
            .input("u", NO_ROWS));
    cases.add(
        OneNode.of("TopK", 11)
            .input("x", floats(1, 3, 5))
            .constant("k", longs(0))
            .output(DType.FLOAT32, DType.INT64));
    cases.add(OneNode.of("Reshape", 14).input("x", NO_IMAGES).constant("s", longs(-1, 4)));
    return cases.stream();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("operators")
  void agreesWithOnnxRuntime(OneNode node) {
    Peer.agrees(node);
  }
}
