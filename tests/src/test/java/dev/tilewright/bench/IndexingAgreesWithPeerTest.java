package dev.tilewright.bench;

import static dev.tilewright.bench.Samples.IMAGE;
import static dev.tilewright.bench.Samples.floats;
import static dev.tilewright.bench.Samples.integers;
import static dev.tilewright.bench.Samples.longs;
import static dev.tilewright.bench.Samples.map;

import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Operators that take or give positions, against ONNX Runtime. */
class IndexingAgreesWithPeerTest {
  static Stream<OneNode> operators() {
    List<OneNode> cases = new ArrayList<>();
    tops(cases);
    gathers(cases);
    scatters(cases);
    pads(cases);
    return cases.stream();
  }

  private static void tops(List<OneNode> cases) {
    Tensor ties = map(IMAGE, v -> Math.round(2 * v));
    DType[] both = {DType.FLOAT32, DType.INT64};
    cases.add(OneNode.of("TopK", 9).input("x", ties).attribute("k", 3L).output(both));
    for (long largest = 0; largest < 2; largest++) {
      for (long k : new long[] {1, 4, 5}) {
        cases.add(
            OneNode.of("TopK", 11)
                .input("x", ties)
                .constant("k", longs(k))
                .attribute("axis", 1L)
                .attribute("largest", largest)
                .output(both));
      }
      cases.add(
          OneNode.of("TopK", 11)
              .input("x", integers(DType.INT64, 1, -99, 99, 2, 300))
              .constant("k", longs(50))
              .attribute("largest", largest)
              .output(DType.INT64, DType.INT64));
    }
    cases.add(
        OneNode.of("TopK", 11)
            .input("x", floats(2, 1, 5000))
            .constant("k", longs(1000))
            .output(both));
    cases.add(
        OneNode.of("OneHot", 11)
            .input("i", integers(DType.INT64, 3, -6, 8, 3, 4))
            .constant("depth", longs(6))
            .constant("values", floats(4, 2)));
    cases.add(
        OneNode.of("OneHot", 11)
            .input("i", integers(DType.INT64, 3, 0, 6, 3, 4))
            .constant("depth", longs(6))
            .constant("values", longs(-1, 7))
            .attribute("axis", 1L)
            .output(DType.INT64));
  }

  private static void gathers(List<OneNode> cases) {
    for (DType dtype : List.of(DType.INT64, DType.INT32)) {
      cases.add(
          OneNode.of("GatherElements", 13)
              .input("x", IMAGE)
              .input("i", integers(dtype, 5, -5, 5, 1, 9, 7, 4))
              .attribute("axis", 1L));
    }
    cases.add(
        OneNode.of("GatherElements", 13)
            .input("x", IMAGE)
            .input("i", integers(DType.INT64, 6, 0, 6, 2, 5, 7, 2))
            .attribute("axis", -1L));
    cases.add(
        OneNode.of("GatherND", 13)
            .input("x", IMAGE)
            .input("i", integers(DType.INT64, 7, -2, 2, 4, 3, 2)));
    cases.add(
        OneNode.of("GatherND", 13)
            .input("x", IMAGE)
            .input("i", integers(DType.INT64, 7, 0, 5, 2, 3, 2))
            .attribute("batch_dims", 1L));
    cases.add(
        OneNode.of("GatherND", 13)
            .input("x", integers(DType.INT64, 8, -9, 9, 2, 3, 4))
            .input("i", integers(DType.INT64, 7, 0, 4, 2, 3, 1))
            .attribute("batch_dims", 2L)
            .output(DType.INT64));
    for (long time = 0; time < 2; time++) {
      cases.add(
          OneNode.of("ReverseSequence", 10)
              .input("x", floats(9, 4, 4, 3))
              .input("lengths", longs(1, 4, 2, 3))
              .attribute("time_axis", time)
              .attribute("batch_axis", 1 - time));
    }
    // Nothing is gathered, and nothing is added to something.
    cases.add(
        OneNode.of("Gather", 13).input("x", IMAGE).constant("i", longs()).attribute("axis", 1L));
    cases.add(
        OneNode.of("Concat", 13)
            .input("a", floats(1, 3, 4))
            .constant("b", floats(2, 0, 4))
            .attribute("axis", 0L));
  }

  private static void scatters(List<OneNode> cases) {
    Tensor once = Samples.shuffled(10, 6).reshape(Shape.of(1, 1, 1, 6));
    for (String op : List.of("Scatter", "ScatterElements")) {
      cases.add(
          OneNode.of(op, op.equals("Scatter") ? 9 : 11)
              .input("x", IMAGE)
              .input("i", once)
              .input("u", floats(11, 1, 1, 1, 6))
              .attribute("axis", 3L));
    }
    for (String reduction : List.of("add", "mul", "min", "max")) {
      cases.add(
          OneNode.of("ScatterElements", 18)
              .input("x", IMAGE)
              .input("i", integers(DType.INT32, 12, -5, 5, 2, 9, 3, 4))
              .input("u", floats(13, 2, 9, 3, 4))
              .attribute("axis", 1L)
              .attribute("reduction", reduction));
      cases.add(
          OneNode.of("ScatterND", 18)
              .input("x", IMAGE)
              .input("i", integers(DType.INT64, 14, -2, 2, 6, 2))
              .input("u", floats(15, 6, 7, 6))
              .attribute("reduction", reduction));
    }
    cases.add(
        OneNode.of("ScatterElements", 18)
            .input("x", integers(DType.INT64, 16, -9, 9, 3, 4))
            .input("i", integers(DType.INT64, 17, 0, 3, 5, 4))
            .input("u", integers(DType.INT64, 18, -9, 9, 5, 4))
            .attribute("reduction", "add")
            .output(DType.INT64));
  }

  private static void pads(List<OneNode> cases) {
    cases.add(
        OneNode.of("Pad", 19)
            .input("x", IMAGE)
            .constant("pads", longs(0, 1, 2, 0, 0, 0, 9, 13))
            .attribute("mode", "wrap"));
    for (String mode : List.of("constant", "edge", "reflect", "wrap")) {
      cases.add(
          OneNode.of("Pad", 19)
              .input("x", integers(DType.INT64, 19, -9, 9, 4, 5))
              .constant("pads", longs(1, 2, 2, 1))
              .attribute("mode", mode)
              .output(DType.INT64));
    }
    cases.add(
        OneNode.of("Tile", 13)
            .input("x", integers(DType.INT64, 20, -9, 9, 2, 3))
            .constant("r", longs(2, 2))
            .output(DType.INT64));
    cases.add(
        OneNode.of("Expand", 13)
            .input("x", Samples.flags(Shape.of(3, 1), 21))
            .constant("s", longs(2, 3, 4))
            .output(DType.BOOL));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("operators")
  void agreesWithOnnxRuntime(OneNode node) {
    Peer.agrees(node);
  }
}
