package dev.tilewright.bench;

import static dev.tilewright.bench.Samples.IMAGE;
import static dev.tilewright.bench.Samples.flags;
import static dev.tilewright.bench.Samples.floats;
import static dev.tilewright.bench.Samples.longs;
import static dev.tilewright.bench.Samples.map;
import static dev.tilewright.bench.Samples.one;

import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Operators whose result has a size that depends on data, against ONNX Runtime. */
class SizesAgreeWithPeerTest {
  static List<OneNode> selections() {
    List<OneNode> cases = new ArrayList<>();
    Tensor signs = map(IMAGE, v -> v > 0 ? v : 0);
    cases.add(OneNode.of("NonZero", 13).input("x", signs).output(DType.INT64));
    cases.add(OneNode.of("NonZero", 13).input("x", flags(IMAGE.shape(), 3)).output(DType.INT64));
    cases.add(OneNode.of("NonZero", 13).input("x", map(IMAGE, v -> 0)).output(DType.INT64));
    cases.add(OneNode.of("Compress", 11).input("x", IMAGE).input("c", flags(Shape.of(200), 4)));
    cases.add(
        OneNode.of("Compress", 11)
            .input("x", IMAGE)
            .input("c", flags(Shape.of(5), 5))
            .attribute("axis", -2L));
    Tensor rounded = map(IMAGE, v -> Math.round(v));
    cases.add(OneNode.of("Unique", 11).input("x", rounded));
    cases.add(OneNode.of("Unique", 11).input("x", rounded).attribute("sorted", 0L));
    Tensor columns = map(floats(50, 2, 12, 1), v -> Math.round(v));
    cases.add(OneNode.of("Unique", 11).input("x", columns).attribute("axis", 1L));
    for (long centers = 0; centers < 2; centers++) {
      OneNode boxes =
          OneNode.of("NonMaxSuppression", 11)
              .input("boxes", map(floats(51, 2, 30, 4), v -> Math.abs(v)))
              .input("scores", map(floats(52, 2, 3, 30), v -> Math.round(4 * v) / 4f))
              .attribute("center_point_box", centers)
              .output(DType.INT64);
      OneNode some = boxes.constant("most", longs(6));
      cases.add(boxes);
      cases.add(some);
      cases.add(some.constant("overlap", one(0.2f)));
      cases.add(some.constant("overlap", one(0.5f)).constant("least", one(0.25f)));
    }
    return cases;
  }

  /** Shapes, bounds and amounts that are known only in a run. */
  static Stream<OneNode> computedOperands() {
    Set<String> operators =
        Set.of(
            "ConstantOfShape",
            "CumSum",
            "Expand",
            "OneHot",
            "Pad",
            "Range",
            "ReduceSum",
            "Reshape",
            "Slice",
            "Split",
            "Squeeze",
            "Tile",
            "TopK",
            "Trilu",
            "Unsqueeze");
    return Stream.concat(
            OperatorsAgreeWithPeerTest.operators(), IndexingAgreesWithPeerTest.operators())
        .filter(node -> operators.contains(node.op()) && !node.constants().isEmpty())
        .filter(node -> node.constants().keySet().stream().noneMatch(String::isEmpty))
        .map(OneNode::computed);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource({"selections", "computedOperands"})
  void agreesWithOnnxRuntime(OneNode node) {
    Peer.agrees(node);
  }
}
